import { type ISpec } from '../api';
import { cellOfSpec } from './cell';
import cases from './cells.fixture.json';

// Browsers have it; jsdom has not.
const { DecompressionStream } = jest.requireActual<{ DecompressionStream: unknown }>(
  'node:stream/web'
);
Object.assign(globalThis, { DecompressionStream });

function unfolded(cell: string): string {
  return cell.replace(/\n {4}(?=[\w-]{40})/g, ' ');
}

describe('cellOfSpec', () => {
  // The kernel's tests take the same cases.
  it.each(cases)('writes $name as the kernel does', async ({ spec, cell }) => {
    const written = await cellOfSpec(spec as unknown as ISpec);
    // Long lines are folded there.
    expect(unfolded(written)).toBe(unfolded(cell));
  });

  it('writes no secret', async () => {
    const cells = await Promise.all(cases.map(({ spec }) => cellOfSpec(spec as unknown as ISpec)));
    expect(JSON.stringify(cases)).toContain('hunter2');
    expect(cells.join()).not.toContain('hunter');
  });
});
