import type { Socket } from "node:net";
import { DStreamError } from "../../errors/dstream-error.ts";
import { type ApiName, apiKeys } from "../protocol/api-keys.ts";
import { ByteReader } from "../protocol/byte-reader.ts";
import { ByteWriter } from "../protocol/byte-writer.ts";
import { FrameSplitter } from "../protocol/frame-splitter.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import type { KafkaConnection } from "../types.ts";
import type { BrokerAddress } from "./broker-address.ts";
import { connectSocket } from "./connect-socket.ts";

/** One kind of request in the one version that we speak; all are flexible (KIP-482). */
export interface RequestType<Q, R> {
  readonly api: ApiName;
  readonly version: number;
  write(writer: ByteWriter, request: Q): void;
  /** Values that are views of the frame stay valid: each frame has memory of its own. */
  read(reader: ByteReader): R;
}

interface Pending {
  readonly resolve: (frame: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const connectTimeoutMs = 5_000;

/** One socket to one broker. Requests are pipelined; the broker answers in order. A late answer breaks the connection. */
export class BrokerConnection {
  readonly address: BrokerAddress;
  readonly #clientId: string;
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  #correlationId = 0;
  #closed: DStreamError | undefined;

  private constructor(address: BrokerAddress, clientId: string, socket: Socket) {
    this.address = address;
    this.#clientId = clientId;
    this.#socket = socket;
    const splitter = new FrameSplitter((frame) => this.#receive(frame));
    socket.on("data", (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch (error) {
        this.#break(DStreamError.from(error));
      }
    });
    socket.on("error", (error) => this.#break(this.#lost(error)));
    socket.on("close", () => this.#break(this.#lost(undefined)));
  }

  /** @throws BROKER_UNREACHABLE, AUTHENTICATION_FAILED, TLS_MISMATCH */
  static async open(address: BrokerAddress, options: KafkaConnection): Promise<BrokerConnection> {
    return new BrokerConnection(
      address,
      options.clientId ?? "dstream",
      await connectSocket(address, options, connectTimeoutMs),
    );
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** @throws BROKER_UNREACHABLE when the connection ends or no answer comes in time, FRAME_TOO_LARGE. */
  async send<Q, R>(type: RequestType<Q, R>, request: Q, timeoutMs: number): Promise<R> {
    const frame = await this.#exchange(type, request, timeoutMs);
    const reader = new ByteReader(frame, { flexible: true, start: 4 });
    try {
      reader.tags();
      return type.read(reader);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const broken = new DStreamError(
        "BROKER_UNREACHABLE",
        `${this.#name()} sent an answer that is no Kafka response`,
        { cause: error },
      );
      this.#break(broken);
      throw broken;
    }
  }

  close(): void {
    this.#break(new DStreamError("BROKER_UNREACHABLE", `the connection to ${this.#name()} was closed`));
  }

  #exchange<Q, R>(type: RequestType<Q, R>, request: Q, timeoutMs: number): Promise<Buffer> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff;
    const id = this.#correlationId;
    const writer = new ByteWriter();
    writer.int16(apiKeys[type.api]).int16(type.version).int32(id).string(this.#clientId);
    writer.flexible = true;
    type.write(writer.tags(), request);
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#break(new DStreamError("BROKER_UNREACHABLE", `${this.#name()} did not answer within ${timeoutMs} ms`));
      };
      this.#pending.set(id, { resolve, reject, timer: setTimeout(late, timeoutMs) });
      this.#socket.cork();
      for (const part of writer.frame()) this.#socket.write(part);
      this.#socket.uncork();
    });
  }

  #receive(frame: Buffer): void {
    const id = frame.length < 4 ? -1 : frame.readInt32BE(0);
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.#break(
        new DStreamError(
          "BROKER_UNREACHABLE",
          `${this.#name()} answered a request that was not sent; is it a Kafka broker?`,
        ),
      );
      return;
    }
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.resolve(frame);
  }

  #lost(cause: Error | undefined): DStreamError {
    const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? "closed by the broker";
    return new DStreamError("BROKER_UNREACHABLE", `the connection to ${this.#name()} was lost (${reason})`, { cause });
  }

  #break(error: DStreamError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#socket.destroy();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
  }

  #name(): string {
    return `${this.address.host}:${this.address.port}`;
  }
}
