/** Bytes up to which an image is shown in the page. */
export const MAX_IMAGE = 20_000_000;

/** What the names of images that a browser can show end with. */
const IMAGE_NAME = /\.(png|jpe?g|gif|webp)$/i;

/** How the bytes of each kind of image begin. */
const BEGINNINGS: [type: string, begin: RegExp][] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/]
];

/** Whether a file may be an image that the view can show. */
export function mayBeImage({ path, size }: { path: string; size: number }): boolean {
  return IMAGE_NAME.test(path) && size > 0 && size <= MAX_IMAGE;
}

/**
 * The image that a file holds, or null: what its bytes say counts, whatever it is called. The type
 * is one of few, so that nothing but a picture can come of it.
 */
export async function asImage(file: Blob): Promise<Blob | null> {
  const begin = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  const found = BEGINNINGS.find(([, pattern]) => pattern.test(begin));
  return found ? new Blob([file], { type: found[0] }) : null;
}
