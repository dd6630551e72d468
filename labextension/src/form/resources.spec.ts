import { parseResources, withResource } from './resources';

it('takes resources apart', () => {
  expect(parseResources('cpu=500m, memory=2Gi ,nvidia.com/gpu=1')).toEqual({
    cpu: '500m',
    memory: '2Gi',
    gpu: '1'
  });
  expect(parseResources('')).toEqual({ cpu: '', memory: '', gpu: '' });
});

it('changes one amount and keeps the others, known or not', () => {
  expect(withResource('cpu=1,amd.com/gpu=2', 'memory', ' 1G ')).toBe(
    'cpu=1,amd.com/gpu=2,memory=1G'
  );
  expect(withResource('cpu=1,memory=1G', 'cpu', '4')).toBe('cpu=4,memory=1G');
  expect(withResource('cpu=1,memory=1G', 'memory', '')).toBe('cpu=1');
});
