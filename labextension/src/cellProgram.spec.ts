import { readCell } from './cellProgram';

// Browsers have it; jsdom has not.
const { DecompressionStream } = jest.requireActual<{ DecompressionStream: unknown }>(
  'node:stream/web'
);
Object.assign(globalThis, { DecompressionStream });

const LOADER = 'exec(__import__(*dict(zlib=0)).decompress(__import__(*dict(base64=0))…))';

/** `Cell In[5]` from its line 2 on: `import os`, `print("héllo")`. */
const CELL = 'eNoz4nJOzclR8MyLNo3lyswtyC8qUcgv5iooyswr0VDKOLwyJydfSRMA7zINDw==';

describe('readCell', () => {
  it('unpacks the cell that a command was made from', async () => {
    expect(await readCell(`python -c ${LOADER} runner ${CELL}`)).toEqual({
      name: 'Cell In[5]',
      firstLine: 2,
      source: 'import os\nprint("héllo")'
    });
  });

  it('joins the pieces of a long one', async () => {
    const pieces = `${CELL.slice(0, 20)} ${CELL.slice(20)}`;
    expect((await readCell(`python -c ${LOADER} runner ${pieces}`))?.firstLine).toBe(2);
  });

  it.each(['python train.py', '', `python -c ${LOADER} runner nonsense`, 'python -c pass x y'])(
    'is null for %s',
    async cmd => {
      expect(await readCell(cmd)).toBeNull();
    }
  );
});
