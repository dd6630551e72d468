import { cellOfSpec } from './cell';

const packed =
  'python -c exec(__import__(*dict(zlib=0)).decompress(__import__(*dict(base64=0))' +
  '.urlsafe_b64decode(__import__(*dict(sys=0)).argv[1]))) RUNNER PROGRAM';

// The test environment cannot unpack.
jest.mock('../cellProgram', () => ({
  readCell: async (cmd: string) =>
    cmd.startsWith('python -c exec(')
      ? { name: 'Cell In[1]', firstLine: 1, source: 'print(1)\n' }
      : null
}));

const SPEC = {
  meta: {
    experimentId: null,
    name: 'digits',
    namespace: 'default',
    framework: 'PyTorch',
    cmd: packed,
    envVars: { SUBMARINE_WORKDIR: '/here', SUBMARINE_PYTHON: 'python', NOTE: "it's" },
    tags: ['a', 'b']
  },
  environment: { name: null, image: null },
  spec: {
    Master: { replicas: 1, resources: 'cpu=1,memory=1G', resourceMap: { cpu: '1' }, cmd: null },
    Worker: { replicas: 2, resources: 'cpu=2,memory=1G' }
  },
  code: null
};

it('writes a program as a cell with flags', async () => {
  expect(await cellOfSpec(SPEC)).toBe(
    '%%submarine experiment --name digits --framework PyTorch --tags a,b ' +
      '--replicas Master=1,Worker=2 --resources Master:cpu=1,memory=1G ' +
      `--resources Worker:cpu=2,memory=1G -e 'NOTE=it'"'"'s'\nprint(1)\n`
  );
});

it('writes another command as a spec, without what sender and server added', async () => {
  const meta = { ...SPEC.meta, cmd: 'python train.py', envVars: { SUBMARINE_WORKDIR: '/here' } };
  expect(await cellOfSpec({ ...SPEC, meta })).toBe(`%%submarine experiment
meta:
  name: digits
  framework: PyTorch
  cmd: python train.py
  tags:
    - a
    - b
environment: {}
spec:
  Master:
    replicas: 1
    resources: cpu=1,memory=1G
  Worker:
    replicas: 2
    resources: cpu=2,memory=1G`);
});
