import { leadingPod, shorten } from './pods';
import { type IPod } from './records';

function pod(role: string, index = 0): IPod {
  return { name: `e-${role.toLowerCase()}-${index}`, role, index, state: 'Running' };
}

describe('leadingPod', () => {
  it.each([
    [['Ps', 'Ps', 'Worker'], 'Worker'],
    [['Evaluator', 'Chief', 'Worker'], 'Chief'],
    [['Master', 'Worker'], 'Master'],
    [['Ps', 'Evaluator'], 'Ps']
  ])('of %p is the %s', (roles, expected) => {
    expect(leadingPod(roles.map(role => pod(role)))?.role).toBe(expected);
  });

  it('goes by the name where the role is not known', () => {
    const pods = [pod('Ps'), pod('Worker')].map(known => ({ ...known, role: '' }));
    expect(leadingPod(pods)?.name).toBe('e-worker-0');
  });

  it('is the one that failed, whatever its role', () => {
    const failed: IPod = { ...pod('Ps', 1), state: 'Failed' };
    expect(leadingPod([pod('Ps'), failed, pod('Worker')])).toBe(failed);
  });

  it('is none where there are no pods', () => {
    expect(leadingPod([])).toBeUndefined();
  });
});

describe('shorten', () => {
  it('calls pods by role and index', () => {
    expect(shorten('experiment-1-2-ps-0 and experiment-1-2-ps-1', 'experiment-1-2')).toBe(
      'ps-0 and ps-1'
    );
  });
});
