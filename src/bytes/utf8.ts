// Text into bytes without an intermediate Buffer. Keys are mostly short and ASCII: a loop beats two native calls there.
const loopCharactersMax = 24;

/** Bytes that `text` takes as UTF-8. */
export function utf8Bytes(text: string): number {
  if (text.length > loopCharactersMax) return Buffer.byteLength(text);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.byteLength(text);
  }
  return text.length;
}

/** Writes `text`, whose `utf8Bytes` is `bytes`. */
export function writeUtf8(target: Buffer, position: number, text: string, bytes: number): void {
  if (bytes !== text.length) {
    target.write(text, position, bytes, "utf8");
  } else if (bytes > loopCharactersMax) {
    target.write(text, position, bytes, "latin1");
  } else {
    for (let i = 0; i < bytes; i++) target[position + i] = text.charCodeAt(i);
  }
}

/** Writes `text` where there is room for three bytes for each of its units. Returns how many bytes it has. */
export function appendUtf8(target: Buffer, position: number, text: string): number {
  if (text.length > loopCharactersMax) return target.write(text, position, "utf8");
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return target.write(text, position, "utf8");
    target[position + i] = unit;
  }
  return text.length;
}
