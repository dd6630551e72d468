const encoder = new TextEncoder();

const NOT_ASCII = /[\u0080-\uffff]/;

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return NOT_ASCII.test(text) ? encoder.encode(text).length : text.length;
}

/**
 * Least bytes a shown text can have had in its log: an invalid byte is shown as U+FFFD,
 * which is three bytes itself.
 */
export function leastBytes(text: string): number {
  if (!NOT_ASCII.test(text)) {
    return text.length;
  }
  let replaced = 0;
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', at + 1)) {
    replaced += 1;
  }
  return encoder.encode(text).length - 2 * replaced;
}
