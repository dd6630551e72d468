import { type IProgramText } from './view/source';

/** Bytes up to which a program is unpacked. */
const MAX_PROGRAM = 4_000_000;

/** How the loader begins that unpacks a cell from its own arguments. */
const LOADER = 'exec(__import__(*dict(zlib=0)).decompress(';

/** The cell that a command was made from, `python -c <loader> <runner> <cell> …`; else null. */
export async function readCell(cmd: string): Promise<IProgramText | null> {
  const [, option, loader, , ...cell] = cmd.split(/\s+/);
  if (
    option !== '-c' ||
    !loader?.startsWith(LOADER) ||
    typeof DecompressionStream === 'undefined'
  ) {
    return null;
  }
  try {
    const text = await unpack(cell.join(''));
    const [first, name, ...lines] = text.split('\n');
    return { name, firstLine: Number(first) || 1, source: lines.join('\n') };
  } catch {
    // Somebody wrote a command that only looks like one.
    return null;
  }
}

async function unpack(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed.replace(/-/g, '+').replace(/_/g, '/')), letter =>
    letter.charCodeAt(0)
  );
  const stream = new DecompressionStream('deflate');
  const writer = stream.writable.getWriter();
  // What is wrong with the bytes is told to the reader below.
  writer.write(bytes).catch(() => undefined);
  writer.close().catch(() => undefined);
  const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return text + decoder.decode();
    }
    size += value.length;
    if (size > MAX_PROGRAM) {
      await reader.cancel();
      throw new RangeError('The program is too long to be shown.');
    }
    text += decoder.decode(value, { stream: true });
  }
}
