import type { ByteSource } from "../../arrow/read/byte-source.ts";

/** Ints that stand where a length would, and say what comes. */
export const specialLengths = {
  endOfData: -1,
  exception: -2,
  timing: -3,
  endOfStream: -4,
  arrowStream: -6,
  /** From Spark 4.3 on: the task's description comes as one message. */
  init: -8,
} as const;

// Numbers as Java's DataOutputStream writes them, big-endian; strings and bytes behind their length in four bytes.

/** More elements than any list of a task's description has. */
const countMax = 100_000;

/** Reads framed values. Lengths that make no sense are an Error; memory grows with what has arrived only. */
export class FrameReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async int(): Promise<number> {
    return (await this.#source.read(4)).readInt32BE(0);
  }

  async long(): Promise<bigint> {
    return (await this.#source.read(8)).readBigInt64BE(0);
  }

  async bool(): Promise<boolean> {
    return (await this.#source.read(1))[0] !== 0;
  }

  async bytes(): Promise<Buffer> {
    const length = await this.int();
    if (length < 0) throw new Error(`a length of ${length}`);
    return this.#source.read(length);
  }

  async string(): Promise<string> {
    return (await this.bytes()).toString("utf8");
  }

  async list<T>(element: () => Promise<T>): Promise<T[]> {
    const count = await this.int();
    if (count < 0 || count > countMax) throw new Error(`a list of ${count} elements`);
    const elements: T[] = [];
    for (let i = 0; i < count; i++) elements.push(await element());
    return elements;
  }
}

export function intFrame(value: number): Buffer {
  const frame = Buffer.allocUnsafe(4);
  frame.writeInt32BE(value, 0);
  return frame;
}

export function longFrame(value: number): Buffer {
  const frame = Buffer.allocUnsafe(8);
  frame.writeBigInt64BE(BigInt(value), 0);
  return frame;
}

export function stringFrame(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([intFrame(bytes.length), bytes]);
}
