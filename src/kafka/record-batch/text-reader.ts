// Strings out of the bytes of a batch. Words and keys are mostly short ASCII, where the call into native code costs several times
// what it does: 50 ns a string. So some thousand bytes become one string, whatever they are, and short strings are cut out of
// it in 15 ns. Longer ones are decoded one by one: cut out, they would be references that keep the whole text alive.

/** V8 copies shorter substrings than this. */
const referenceFromCharacters = 13;
const windowBytes = 4096;

/** Reads strings that lie one behind the other, or nearly so. */
export class TextReader {
  #bytes: Buffer | undefined;
  #text = "";
  #start = 0;
  #end = 0;

  /** The UTF-8 text in `bytes[start, start + length)`; damaged sequences become U+FFFD. The bytes at hand must not have changed. */
  read(bytes: Buffer, start: number, length: number): string {
    const end = start + length;
    if (length >= referenceFromCharacters || !isAscii(bytes, start, end)) return bytes.toString("utf8", start, end);
    if (bytes !== this.#bytes || start < this.#start || end > this.#end) this.#moveTo(bytes, start);
    return this.#text.substring(start - this.#start, end - this.#start);
  }

  #moveTo(bytes: Buffer, start: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = Math.min(bytes.length, start + windowBytes);
    this.#text = bytes.toString("latin1", start, this.#end);
  }
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  let bits = 0;
  for (let i = start; i < end; i++) bits |= bytes[i] as number;
  return bits < 128;
}
