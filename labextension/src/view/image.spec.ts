import { asImage, MAX_IMAGE, mayBeImage } from './image';

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0];

/** The part of a file's interface that jsdom leaves out. */
class BytesBlob extends Blob {
  constructor(private readonly _bytes: number[]) {
    super([new Uint8Array(_bytes)]);
  }

  override slice(): Blob {
    return this;
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(new Uint8Array(this._bytes.slice(0, 12)).buffer);
  }
}

describe('mayBeImage', () => {
  it.each([
    ['plots/loss.PNG', 10, true],
    ['loss.svg', 10, false],
    ['page.html', 10, false],
    ['png', 10, false],
    ['loss.png', 0, false],
    ['loss.png', MAX_IMAGE + 1, false]
  ])('of %s with %s bytes is %s', (path, size, expected) => {
    expect(mayBeImage({ path, size })).toBe(expected);
  });
});

describe('asImage', () => {
  it('goes by the bytes', async () => {
    expect((await asImage(new BytesBlob(PNG)))?.type).toBe('image/png');
    const page = [...'<html><script>'].map(letter => letter.charCodeAt(0));
    expect(await asImage(new BytesBlob(page))).toBeNull();
    expect(await asImage(new BytesBlob([]))).toBeNull();
  });
});
