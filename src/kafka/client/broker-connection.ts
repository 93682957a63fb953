import type { Socket } from "node:net";
import { DStreamError } from "../../errors/dstream-error.ts";
import { type ApiName, apiKeys } from "../protocol/api-keys.ts";
import { ByteReader } from "../protocol/byte-reader.ts";
import { ByteWriter } from "../protocol/byte-writer.ts";
import type { FramePool } from "../protocol/frame-pool.ts";
import { defaultMaxFrameBytes, FrameSplitter } from "../protocol/frame-splitter.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import type { KafkaConnection } from "../types.ts";
import type { BrokerAddress } from "./broker-address.ts";
import { connectSocket } from "./connect-socket.ts";

/** One kind of request in the one version that we speak; all are flexible (KIP-482). */
export interface RequestType<Q, R> {
  readonly api: ApiName;
  readonly version: number;
  write(writer: ByteWriter, request: Q): void;
  /** Values that are views of the frame stay valid, unless the sender lent the memory. */
  read(reader: ByteReader): R;
}

interface Pending {
  readonly resolve: (frame: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  readonly memory: FramePool | undefined;
}

const connectTimeoutMs = 5_000;

/** One socket to one broker. Requests are pipelined; the broker answers in order. A late answer breaks the connection. */
export class BrokerConnection {
  readonly address: BrokerAddress;
  readonly #clientId: string;
  readonly #frames = new FrameSplitter(
    (frame) => this.#receive(frame),
    defaultMaxFrameBytes,
    (bytes) => this.#next()?.[1].memory?.take(bytes) ?? Buffer.allocUnsafeSlow(bytes),
  );
  readonly #pending = new Map<number, Pending>();
  #socket: Socket | undefined;
  #correlationId = 0;
  #closed: DStreamError | undefined;

  private constructor(address: BrokerAddress, clientId: string) {
    this.address = address;
    this.#clientId = clientId;
  }

  /** @throws BROKER_UNREACHABLE, AUTHENTICATION_FAILED, TLS_MISMATCH */
  static async open(address: BrokerAddress, options: KafkaConnection): Promise<BrokerConnection> {
    const connection = new BrokerConnection(address, options.clientId ?? "dstream");
    await connection.#connect(options);
    return connection;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * The answer may lie in the `memory` that is given here; it is the caller's to give back.
   *
   * @throws BROKER_UNREACHABLE when the connection ends or no answer comes in time, FRAME_TOO_LARGE.
   */
  async send<Q, R>(type: RequestType<Q, R>, request: Q, timeoutMs: number, memory?: FramePool): Promise<R> {
    const frame = await this.#exchange(type, request, timeoutMs, memory);
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

  async #connect(options: KafkaConnection): Promise<void> {
    const socket = await connectSocket(this.address, options, connectTimeoutMs, {
      space: () => this.#frames.space(),
      filled: (bytes) => {
        try {
          this.#frames.filled(bytes);
        } catch (error) {
          this.#break(DStreamError.from(error));
        }
      },
    });
    socket.on("error", (error) => this.#break(this.#lost(error)));
    socket.on("close", () => this.#break(this.#lost(undefined)));
    this.#socket = socket;
    // Whatever came before it was asked for has broken the connection already.
    if (this.#closed !== undefined) socket.destroy();
    if (socket.destroyed) this.#break(this.#lost(undefined));
  }

  #exchange<Q, R>(
    type: RequestType<Q, R>,
    request: Q,
    timeoutMs: number,
    memory: FramePool | undefined,
  ): Promise<Buffer> {
    const socket = this.#socket;
    if (this.#closed !== undefined || socket === undefined) return Promise.reject(this.#closed);
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
      this.#pending.set(id, { resolve, reject, timer: setTimeout(late, timeoutMs), memory });
      socket.cork();
      for (const part of writer.frame()) socket.write(part);
      socket.uncork();
    });
  }

  #receive(frame: Buffer): void {
    const [id, pending] = this.#next() ?? [];
    if (pending === undefined || frame.length < 4 || frame.readInt32BE(0) !== id) {
      this.#break(
        new DStreamError(
          "BROKER_UNREACHABLE",
          `${this.#name()} sent an answer to no request, or not in their order; is it a Kafka broker?`,
        ),
      );
      return;
    }
    this.#pending.delete(id as number);
    clearTimeout(pending.timer);
    pending.resolve(frame);
  }

  /** The request whose answer is the next to come. */
  #next(): [id: number, pending: Pending] | undefined {
    return this.#pending.entries().next().value;
  }

  #lost(cause: Error | undefined): DStreamError {
    const reason = (cause as NodeJS.ErrnoException | undefined)?.code ?? "closed by the broker";
    return new DStreamError("BROKER_UNREACHABLE", `the connection to ${this.#name()} was lost (${reason})`, { cause });
  }

  #break(error: DStreamError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#socket?.destroy();
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
