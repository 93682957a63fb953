import { DStreamError } from "../../errors/dstream-error.ts";
import { senderRefused } from "./sender-refused.ts";

// Avro's framing on a connection (its Netty transceiver's): a serial number, how many frames follow, and each frame with its length
// before it. The frames of a pack are one request or one answer, which has the serial number of its request.

/** One request or answer. */
export interface DataPack {
  readonly serial: number;
  readonly bytes: Buffer;
}

const [packHead, frameHead] = [8, 4];
const leastCapacity = 4_096;

/**
 * Puts one pack together from what a connection brings. Memory grows with what has come, not with what was announced; heads of frames
 * count, so that many tiny frames have an end, too.
 */
export class DataPackReader {
  readonly #maxBytes: number;
  readonly #head = Buffer.alloc(packHead);
  #headBytes = 0;
  #headLength = packHead;
  #serial = 0;
  /** undefined before the pack's head is there. */
  #framesLeft: number | undefined;
  #frameBytesLeft = 0;
  #heads = 0;
  #content: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether nothing of the pack has come. */
  get isEmpty(): boolean {
    return this.#headBytes === 0 && this.#framesLeft === undefined;
  }

  get isWhole(): boolean {
    return this.#framesLeft === 0 && this.#frameBytesLeft === 0;
  }

  /** Bytes of memory that it holds. */
  get capacity(): number {
    return this.#content.length;
  }

  /** The pack, once it is whole. */
  get pack(): DataPack {
    return { serial: this.#serial, bytes: this.#content.subarray(0, this.#length) };
  }

  /**
   * Takes bytes up to the end of the pack, and returns how many.
   *
   * @throws FRAME_TOO_LARGE, SENDER_REFUSED for what is no pack; the connection is of no use afterwards.
   */
  push(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.isWhole) {
      at += this.#frameBytesLeft > 0 ? this.#takeContent(chunk, at) : this.#takeHead(chunk, at);
    }
    return at;
  }

  #takeHead(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#head, this.#headBytes, at, at + this.#headLength - this.#headBytes);
    this.#headBytes += taken;
    if (this.#headBytes < this.#headLength) return taken;
    this.#headBytes = 0;
    this.#headLength = frameHead;
    if (this.#framesLeft === undefined) this.#beginPack();
    else this.#beginFrame(this.#framesLeft);
    return taken;
  }

  #beginPack(): void {
    this.#serial = this.#head.readInt32BE(0);
    const frames = this.#head.readInt32BE(4);
    this.#heads = packHead + frames * frameHead;
    if (frames <= 0 || this.#heads > this.#maxBytes) {
      throw senderRefused(`what came is no request of an Avro sink: it would have ${frames} frames`);
    }
    this.#framesLeft = frames;
  }

  #beginFrame(framesLeft: number): void {
    const bytes = this.#head.readInt32BE(0);
    if (bytes < 0) throw senderRefused(`what came is no request of an Avro sink: a frame would have ${bytes} bytes`);
    const announced = this.#heads + this.#length + bytes;
    if (announced > this.#maxBytes) throw tooLarge(`a request has ${announced} bytes or more`, this.#maxBytes);
    this.#framesLeft = framesLeft - 1;
    this.#frameBytesLeft = bytes;
  }

  #takeContent(chunk: Buffer, at: number): number {
    const length = Math.min(chunk.length - at, this.#frameBytesLeft);
    const needed = this.#length + length;
    if (needed > this.#content.length) this.#grow(needed);
    chunk.copy(this.#content, this.#length, at, at + length);
    this.#length = needed;
    this.#frameBytesLeft -= length;
    return length;
  }

  #grow(needed: number): void {
    const capacity = Math.max(needed, Math.min(this.#maxBytes, Math.max(leastCapacity, 2 * this.#content.length)));
    const content = Buffer.allocUnsafeSlow(capacity);
    this.#content.copy(content, 0, 0, this.#length);
    this.#content = content;
  }
}

/** A pack of one frame. */
export function encodeDataPack({ serial, bytes }: DataPack): Buffer {
  const head = Buffer.alloc(packHead + frameHead);
  head.writeInt32BE(serial, 0);
  head.writeInt32BE(1, 4);
  head.writeInt32BE(bytes.length, 8);
  return Buffer.concat([head, bytes]);
}

/** `what`: the request, with its size. */
export function tooLarge(what: string, limit: number): DStreamError {
  const text = `${what}, and maxFrameBytes allows ${limit}: lower the sink's batch-size, or raise maxFrameBytes`;
  return new DStreamError("FRAME_TOO_LARGE", text, { data: { limit } });
}
