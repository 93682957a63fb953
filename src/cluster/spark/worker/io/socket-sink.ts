import type { Socket } from "node:net";
import { PeerGone } from "./peer-gone.ts";

/** Bytes that may wait to be sent; whoever writes more waits. */
const waitingBytesMax = 4 * 1024 * 1024;

/** Writes to a socket as fast as the other end reads. */
export class SocketSink {
  readonly #socket: Socket;
  #waiter: PromiseWithResolvers<void> | undefined;
  #gone: PeerGone | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => this.#settle());
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end());
  }

  /** Parts are sent together and must not change afterwards. Resolves when there is room for more. @throws PeerGone */
  async write(...parts: readonly Uint8Array[]): Promise<void> {
    if (this.#gone !== undefined) throw this.#gone;
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
    if (this.#socket.writableLength <= waitingBytesMax) return;
    this.#waiter ??= Promise.withResolvers();
    await this.#waiter.promise;
  }

  #settle(): void {
    this.#waiter?.resolve();
    this.#waiter = undefined;
  }

  #end(cause?: unknown): void {
    this.#gone ??= new PeerGone(cause);
    this.#waiter?.reject(this.#gone);
    this.#waiter = undefined;
  }
}
