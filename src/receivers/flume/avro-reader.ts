import { senderRefused } from "./sender-refused.ts";

const maxLongBytes = 10;

/** Reads values of Avro's binary form, within the bytes that are there. All of its methods throw SENDER_REFUSED. */
export class AvroReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A whole number: seven bits a byte, the lowest first, positive and negative ones in turns. */
  long(): number {
    let [value, factor] = [0, 1];
    for (let i = 0; i < maxLongBytes; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw cutOff();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return zigzag(value);
      factor *= 128;
    }
    throw senderRefused("what came is no request of an Avro sink: it has a number of more than 64 bits");
  }

  /** A view of so many bytes. */
  fixed(length: number): Buffer {
    if (length > this.left) throw cutOff();
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** A view of bytes with their length before them. */
  bytes(): Buffer {
    return this.fixed(this.#length());
  }

  /** What is no UTF-8 is replaced by U+FFFD, as in Java. */
  text(): string {
    const length = this.#length();
    const from = this.#at;
    this.#at += length;
    return this.#bytes.toString("utf8", from, this.#at);
  }

  /** The elements of an array or a map, which come in blocks; `element` reads one. */
  elements(element: () => void): void {
    for (let count = this.#blockCount(); count > 0; count = this.#blockCount()) {
      for (let i = 0; i < count; i++) element();
    }
  }

  /** One of two: null or what `read` reads. */
  optional<T>(read: () => T): T | undefined {
    const branch = this.long();
    if (branch === 0) return undefined;
    if (branch !== 1) throw senderRefused(`what came is no request of an Avro sink: it has a union's part ${branch}`);
    return read();
  }

  #length(): number {
    const length = this.long();
    if (length < 0 || length > this.left) throw cutOff();
    return length;
  }

  /** How many elements a block has. With a negative number its size in bytes follows, for those who leave it out. */
  #blockCount(): number {
    const count = this.long();
    if (count < 0) this.#length();
    // Each element has at least one byte.
    if (Math.abs(count) > this.left) throw cutOff();
    return Math.abs(count);
  }
}

function zigzag(value: number): number {
  if (value > Number.MAX_SAFE_INTEGER) return value;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function cutOff(): Error {
  return senderRefused("what came is no request of an Avro sink: it ends before its last value");
}
