import type { Socket } from "node:net";
import type { ByteSource } from "../../arrow/read/byte-source.ts";
import { PeerGone } from "./peer-gone.ts";

/** Bytes that may wait here while nobody asks for them; then the socket is paused, and Spark with it. */
const waitingBytesMax = 4 * 1024 * 1024;

/** What a socket delivers, in the portions that are asked for. One read at a time. */
export class SocketSource implements ByteSource {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  /** Bytes of the first chunk that were taken already. */
  #taken = 0;
  #available = 0;
  #wanted = 0;
  #waiter: PromiseWithResolvers<void> | undefined;
  #gone: PeerGone | undefined;
  #discarding = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#arrived(chunk as Buffer));
    socket.on("end", () => this.#end());
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end());
  }

  /** @throws PeerGone when the connection ends before so many bytes have come. */
  async read(length: number): Promise<Buffer> {
    if (this.#available < length) await this.#wait(length);
    this.#available -= length;
    const bytes = this.#take(length);
    if (this.#available < waitingBytesMax / 2) this.#socket.resume();
    return bytes;
  }

  /** Throws away what has come and what still comes. */
  discard(): void {
    this.#discarding = true;
    this.#chunks = [];
    this.#socket.resume();
  }

  #wait(length: number): Promise<void> {
    if (this.#gone !== undefined) throw this.#gone;
    this.#wanted = length;
    this.#waiter = Promise.withResolvers();
    this.#socket.resume();
    return this.#waiter.promise;
  }

  #arrived(chunk: Buffer): void {
    if (this.#discarding) return;
    this.#chunks.push(chunk);
    this.#available += chunk.length;
    if (this.#waiter === undefined) {
      if (this.#available >= waitingBytesMax) this.#socket.pause();
    } else if (this.#available >= this.#wanted) {
      this.#waiter.resolve();
      this.#waiter = undefined;
    }
  }

  #end(cause?: unknown): void {
    this.#gone ??= new PeerGone(cause);
    this.#waiter?.reject(this.#gone);
    this.#waiter = undefined;
  }

  /** A view where the bytes lie in one chunk, else a copy. */
  #take(length: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length - this.#taken > length) {
      this.#taken += length;
      return first.subarray(this.#taken - length, this.#taken);
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    let used = 0;
    while (filled < length) {
      const chunk = this.#chunks[used] as Buffer;
      const copied = chunk.copy(bytes, filled, this.#taken);
      filled += copied;
      this.#taken += copied;
      if (this.#taken < chunk.length) break;
      this.#taken = 0;
      used++;
    }
    if (used > 0) this.#chunks = this.#chunks.slice(used);
    return bytes;
  }
}
