import { lanesOf } from './lanes';
import { type IPod } from './records';

function pod(role: string, index: number): IPod {
  return { name: `e-${role.toLowerCase()}-${index}`, role, index, state: 'Running' };
}

describe('lanesOf', () => {
  it('names pods as shortly as can be told apart', () => {
    const pods = [pod('Master', 0), pod('Worker', 0), pod('Worker', 1)];
    const labels = [...lanesOf(pods).values()].map(({ label }) => label);
    expect(labels).toEqual(['M0', 'W0', 'W1']);
    const alike = [pod('Worker', 0), pod('Watcher', 0)];
    expect([...lanesOf(alike).values()].map(({ label }) => label)).toEqual(['Wo0', 'Wa0']);
  });

  it('gives neighbours different colours', () => {
    const lanes = [...lanesOf([pod('Worker', 0), pod('Worker', 1)]).values()];
    expect(lanes[0].colour).not.toBe(lanes[1].colour);
  });
});
