// One client's connection. As with Kafka, its requests are handled one after the other: the next one begins when the answer before
// it is on its way. A client that sends faster, or does not take its answers, is not read from meanwhile.
import { shownError } from "../errors/shown/shown-error.ts";
import type { ByteWriter } from "../kafka/protocol/byte-writer.ts";
import { FrameSplitter } from "../kafka/protocol/frame-splitter.ts";
import type { Connection } from "../runtime/net/network.ts";
import { answerRequest } from "./answer-request.ts";
import type { BrokerState } from "./broker-state.ts";

/** Kafka's connections.max.idle.ms. */
const maxIdleMs = 10 * 60_000;
/** Answers that may wait in the socket while the next request is handled. */
const maxUnsentBytes = 1024 * 1024;

export class ClientSession {
  readonly #socket: Connection;
  readonly #broker: BrokerState;
  readonly #ended = new AbortController();
  readonly #host: string;
  readonly #frames: Buffer[] = [];
  #isWorking = false;
  #unsentBytes = 0;

  constructor(socket: Connection, broker: BrokerState) {
    this.#socket = socket;
    this.#broker = broker;
    this.#host = `/${socket.remoteAddress?.replace(/^::ffff:/, "") ?? ""}`;
    const splitter = new FrameSplitter((frame) => this.#frames.push(frame));
    socket.setTimeout(maxIdleMs, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (this.#isWorking && this.#frames.length > 0) socket.pause();
      void this.#work();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#ended.abort();
      this.#broker.answers.add(-this.#unsentBytes);
      this.#unsentBytes = 0;
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
        const answer = await answerRequest(frame, this.#broker, { host: this.#host, signal: this.#ended.signal });
        if (this.#socket.destroyed) return;
        if (answer !== undefined) await this.#send(answer);
      }
      this.#isWorking = false;
      this.#socket.resume();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when the client has taken so much that the next answer may follow. */
  #send(answer: ByteWriter): Promise<void> | undefined {
    const bytes = answer.length;
    this.#count(bytes);
    this.#socket.cork();
    const parts = answer.frame();
    for (const part of parts.slice(0, -1)) this.#socket.write(part);
    const taken = new Promise<void>((resolve) => {
      this.#socket.write(parts.at(-1) as Buffer, () => {
        if (!this.#socket.destroyed) this.#count(-bytes);
        resolve();
      });
    });
    this.#socket.uncork();
    return this.#socket.writableLength > maxUnsentBytes ? taken : undefined;
  }

  #count(bytes: number): void {
    this.#unsentBytes += bytes;
    this.#broker.answers.add(bytes);
  }

  #fail(error: unknown): void {
    if (this.#socket.destroyed) return;
    this.#broker.log(`a connection was ended: ${shownError(error)}`);
    this.#socket.destroy();
  }
}
