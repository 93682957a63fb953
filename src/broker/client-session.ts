import type { Socket } from "node:net";
import { apiKeys } from "../kafka/protocol/api-keys.ts";
import { ByteReader } from "../kafka/protocol/byte-reader.ts";
import { ByteWriter } from "../kafka/protocol/byte-writer.ts";
import { FrameSplitter } from "../kafka/protocol/frame-splitter.ts";
import { kafkaErrors } from "../kafka/protocol/kafka-error-codes.ts";
import { apiTable } from "./api-table.ts";
import type { BrokerState } from "./broker-state.ts";

/** Requests that a client may have unanswered. */
const maxPipelined = 1_000;

/** One client's connection: requests are handled as they come, answers leave in their order. Bytes that are no request end it. */
export class ClientSession {
  readonly #socket: Socket;
  readonly #broker: BrokerState;
  readonly #log: (line: string) => void;
  readonly #ended = new AbortController();
  #answers: Promise<void> = Promise.resolve();
  #pipelined = 0;

  constructor(socket: Socket, broker: BrokerState, log: (line: string) => void) {
    this.#socket = socket;
    this.#broker = broker;
    this.#log = log;
    const splitter = new FrameSplitter((frame) => this.#receive(frame));
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch (error) {
        this.#fail(error);
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#ended.abort());
  }

  end(): void {
    this.#socket.destroy();
  }

  #receive(frame: Buffer): void {
    if (++this.#pipelined > maxPipelined) throw new RangeError(`more than ${maxPipelined} requests are unanswered`);
    const answer = this.#handle(frame);
    answer.catch(() => {});
    this.#answers = this.#answers
      .then(() => answer)
      .then((writer) => {
        this.#pipelined--;
        if (writer !== undefined && !this.#socket.destroyed) this.#send(writer);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  async #handle(frame: Buffer): Promise<ByteWriter | undefined> {
    const reader = new ByteReader(frame);
    const [apiKey, version, correlationId] = [reader.int16(), reader.int16(), reader.int32()];
    const clientId = reader.nullableString() ?? "";
    const writer = new ByteWriter().int32(correlationId);
    const api = apiTable.get(apiKey);
    if (apiKey === apiKeys.apiVersions && api !== undefined && version > api.max) {
      // By KIP-511 answered in version 0, so that the client can ask again.
      writer.int16(kafkaErrors.UNSUPPORTED_VERSION.code);
      return writer.array([...apiTable], ([key, { min, max }]) => writer.int16(key).int16(min).int16(max));
    }
    if (api === undefined || version < api.min || version > api.max)
      throw new RangeError(`API ${apiKey} version ${version} is not supported`);
    const isFlexible = version >= api.flexibleFrom;
    reader.flexible = isFlexible;
    reader.tags();
    // The header of ApiVersions' answer never has tags, since its client does not know the version yet.
    if (isFlexible && apiKey !== apiKeys.apiVersions) writer.unsignedVarint(0);
    writer.flexible = isFlexible;
    const isAnswered = await api.handler({
      broker: this.#broker,
      reader,
      writer,
      version,
      clientId,
      signal: this.#ended.signal,
    });
    return isAnswered === false ? undefined : writer;
  }

  #send(writer: ByteWriter): void {
    this.#socket.cork();
    for (const part of writer.frame()) this.#socket.write(part);
    this.#socket.uncork();
  }

  #fail(error: unknown): void {
    if (this.#socket.destroyed) return;
    this.#log(`a connection was ended: ${error instanceof Error ? error.message : String(error)}`);
    this.#socket.destroy();
  }
}
