import { DStreamError } from "../../errors/dstream-error.ts";
import { reasonOf } from "../../errors/shown/thrown.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import type { Timer } from "../../runtime/machine/timers.ts";
import type { Connection } from "../../runtime/net/network.ts";
import { type ApiName, apiKeys } from "../protocol/api-keys.ts";
import { ByteReader } from "../protocol/byte-reader.ts";
import { ByteWriter } from "../protocol/byte-writer.ts";
import type { FramePool } from "../protocol/frame-pool.ts";
import { defaultMaxFrameBytes, FrameSplitter } from "../protocol/frame-splitter.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import { type Ask, authenticate } from "../sasl/authenticate.ts";
import type { KafkaConnection } from "../types.ts";
import { addressText, type BrokerAddress } from "./broker-address.ts";
import { connectionError, tlsError, unreachable, wantsTls } from "./connection-error.ts";
import { diagnosed, type Stage } from "./diagnose.ts";
import { openConnection } from "./open-connection.ts";
import { type ApiVersions, apiVersionsRequest } from "./requests/api-versions.ts";

/** One kind of request in the one version that we speak; all are flexible (KIP-482) but those that say otherwise. */
export interface RequestType<Q, R> {
  readonly api: ApiName;
  readonly version: number;
  /** A version from before KIP-482. */
  readonly isClassic?: true;
  write(writer: ByteWriter, request: Q): void;
  /** Values that are views of the frame stay valid, unless the sender lent the memory. */
  read(reader: ByteReader): R;
}

export interface ConnectionSettings extends KafkaConnection {
  /** What a broker may take from the first packet to the end of authentication. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** What an answer may take, besides the time that its request lets the broker wait. Default 30,000. */
  readonly requestTimeoutMs?: number;
}

/** What a client has of the world. */
export type ClientMachine = Pick<Machine, "timers" | "random" | "network">;

interface Pending {
  readonly resolve: (frame: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
  readonly memory: FramePool | undefined;
}

export const defaultConnectTimeoutMs = 10_000;
export const defaultRequestTimeoutMs = 30_000;
/** The longest that a timer can wait. */
const timerMsMax = 2 ** 31 - 1;
/** When a session is renewed, as parts of its lifetime: not all connections at the same moment. */
const renewal = { from: 0.75, spread: 0.1 };

/** One connection to one broker. Requests are pipelined; the broker answers in order. A late answer breaks the connection. */
export class BrokerConnection {
  readonly address: BrokerAddress;
  /** Resolves when requests may be sent. Rejects with BROKER_UNREACHABLE, AUTHENTICATION_FAILED, TLS_MISMATCH, INVALID_OPTION. */
  readonly opened: Promise<void>;
  readonly #settings: ConnectionSettings;
  readonly #machine: ClientMachine;
  readonly #frames = new FrameSplitter(
    (frame) => this.#receive(frame),
    defaultMaxFrameBytes,
    (bytes) => this.#next()?.[1].memory?.take(bytes) ?? Buffer.allocUnsafeSlow(bytes),
  );
  readonly #pending = new Map<number, Pending>();
  readonly #ended = Promise.withResolvers<never>();
  #stage: Stage = "connect";
  #connection: Connection | undefined;
  #versions: ApiVersions = new Map();
  /** Requests that wait while the session is renewed, in their order. */
  #held: (() => void)[] | undefined;
  #renewTimer: Timer | undefined;
  #correlationId = 0;
  #closed: DStreamError | undefined;

  constructor(address: BrokerAddress, settings: ConnectionSettings, machine: ClientMachine) {
    this.address = address;
    this.#settings = settings;
    this.#machine = machine;
    this.#ended.promise.catch(() => {});
    this.opened = this.#open();
    this.opened.catch(() => {});
  }

  /** A connection that is open. @throws as `opened` does. */
  static async open(
    address: BrokerAddress,
    settings: ConnectionSettings,
    machine: ClientMachine,
  ): Promise<BrokerConnection> {
    const connection = new BrokerConnection(address, settings, machine);
    await connection.opened;
    return connection;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  get isOpen(): boolean {
    return this.#closed === undefined && (this.#stage === "unused" || this.#stage === "in use");
  }

  /**
   * The answer may lie in the `memory` that is given here; it is the caller's to give back. `waitMs`: what the request lets the broker
   * wait before it answers.
   *
   * @throws BROKER_UNREACHABLE when the connection ends or no answer comes in time, FRAME_TOO_LARGE, NOT_SUPPORTED by this broker.
   */
  send<Q, R>(type: RequestType<Q, R>, request: Q, waitMs = 0, memory?: FramePool): Promise<R> {
    const { requestTimeoutMs = defaultRequestTimeoutMs } = this.#settings;
    const spoken = this.#versions.get(apiKeys[type.api]);
    if (
      this.#closed === undefined &&
      (spoken === undefined || spoken.min > type.version || spoken.max < type.version)
    ) {
      return Promise.reject(notSpoken(this.#name(), type, spoken));
    }
    const start = (): Promise<R> => this.#ask(type, request, waitMs + requestTimeoutMs, memory);
    if (this.#held === undefined) return start();
    return new Promise((resolve, reject) => this.#held?.push(() => start().then(resolve, reject)));
  }

  close(): void {
    this.#break(unreachable(this.#name(), "was disconnected, since the client was closed"));
  }

  /** Connects, greets and authenticates, all within one time: a broker may accept a connection and never say a word. */
  async #open(): Promise<void> {
    const { connectTimeoutMs = defaultConnectTimeoutMs } = this.#settings;
    const late = (): void => this.#break(unreachable(this.#name(), lateText(this.#stage, connectTimeoutMs)));
    const timer = this.#machine.timers.after(connectTimeoutMs, late);
    const opening = this.#connect();
    opening.catch(() => {});
    try {
      await Promise.race([opening, this.#ended.promise]);
    } catch (thrown) {
      const error = connectionError(thrown, this.#name(), "cannot be reached");
      this.#break(error);
      throw await diagnosed(error, this.#stage, this.address, this.#settings, this.#machine);
    } finally {
      timer.cancel();
    }
  }

  async #connect(): Promise<void> {
    const { tls, sasl } = this.#settings;
    const { connection, opened } = openConnection(this.#machine.network, this.address, tls, {
      space: () => this.#frames.space(),
      filled: (bytes) => this.#filled(bytes),
    });
    this.#connection = connection;
    if (tls) {
      connection.once("connect", () => {
        this.#stage = "tls";
      });
    }
    await opened;
    connection.on("error", (error) => this.#break(this.#lost(error)));
    connection.on("close", () => this.#break(this.#lost(undefined)));
    this.#enter("greeting");
    const { errorCode, versions } = await this.#ask(apiVersionsRequest, null, timerMsMax);
    if (errorCode !== 0) throw notSpoken(this.#name(), apiVersionsRequest, undefined);
    this.#versions = versions;
    if (sasl !== undefined) {
      this.#enter("authentication");
      this.#renewAfter(await this.#authenticate(() => {}));
    }
    this.#enter("unused");
  }

  #enter(stage: Stage): void {
    if (this.#closed !== undefined) throw this.#closed;
    this.#stage = stage;
  }

  #authenticate(ready: () => void): Promise<number> {
    const { sasl, requestTimeoutMs = defaultRequestTimeoutMs } = this.#settings;
    if (sasl === undefined) return Promise.resolve(0);
    const ask: Ask = (type, request) => this.#ask(type, request, requestTimeoutMs);
    return authenticate(sasl, this.#name(), ask, ready, this.#machine);
  }

  #renewAfter(lifetimeMs: number): void {
    if (lifetimeMs <= 0 || this.#closed !== undefined) return;
    const afterMs = lifetimeMs * (renewal.from + renewal.spread * this.#machine.random.fraction());
    this.#renewTimer = this.#machine.timers.after(Math.min(timerMsMax, afterMs), () => void this.#renew());
  }

  /** Authenticates again before the broker ends the session. Requests wait meanwhile; those on their way are answered first. */
  async #renew(): Promise<void> {
    try {
      this.#renewAfter(
        await this.#authenticate(() => {
          this.#held = [];
        }),
      );
    } catch (thrown) {
      // The next connection says whether the credentials are refused; what was asked meanwhile is asked again there.
      const text = `could not renew the session: ${reasonOf(thrown)}`;
      this.#break(unreachable(this.#name(), text, thrown));
    }
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const start of held) start();
  }

  async #ask<Q, R>(type: RequestType<Q, R>, request: Q, timeoutMs: number, memory?: FramePool): Promise<R> {
    const frame = await this.#exchange(type, request, timeoutMs, memory);
    const reader = new ByteReader(frame, { flexible: !type.isClassic, start: 4 });
    try {
      reader.tags();
      return type.read(reader);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const broken = unreachable(this.#name(), "sent an answer that is no Kafka response", error);
      this.#break(broken);
      throw broken;
    }
  }

  #exchange<Q, R>(
    type: RequestType<Q, R>,
    request: Q,
    timeoutMs: number,
    memory: FramePool | undefined,
  ): Promise<Buffer> {
    const connection = this.#connection;
    if (this.#closed !== undefined || connection === undefined) return Promise.reject(this.#closed);
    this.#correlationId = (this.#correlationId + 1) & 0x7fffffff;
    const id = this.#correlationId;
    const writer = new ByteWriter();
    writer.int16(apiKeys[type.api]).int16(type.version).int32(id);
    writer.string(this.#settings.clientId ?? "dstream");
    writer.flexible = !type.isClassic;
    type.write(writer.tags(), request);
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#break(unreachable(this.#name(), `did not answer ${type.api} within ${timeoutMs} ms`));
      };
      this.#pending.set(id, { resolve, reject, timer: this.#machine.timers.after(timeoutMs, late), memory });
      connection.cork();
      for (const part of writer.frame()) connection.write(part);
      connection.uncork();
    });
  }

  #filled(bytes: number): void {
    try {
      this.#frames.filled(bytes);
    } catch (thrown) {
      const error = connectionError(thrown, this.#name(), "sent what cannot be read");
      this.#break(isTlsAlert(error) ? wantsTls(this.#name()) : named(error, this.#name()));
    }
  }

  #receive(frame: Buffer): void {
    const [id, pending] = this.#next() ?? [];
    if (pending === undefined || frame.length < 4 || frame.readInt32BE(0) !== id) {
      const text = "sent an answer to no request, or not in their order; is it a Kafka broker?";
      this.#break(unreachable(this.#name(), text));
      return;
    }
    this.#pending.delete(id as number);
    pending.timer.cancel();
    if (this.#stage === "unused") this.#stage = "in use";
    pending.resolve(frame);
  }

  /** The request whose answer is the next to come. */
  #next(): [id: number, pending: Pending] | undefined {
    return this.#pending.entries().next().value;
  }

  #lost(cause: Error | undefined): DStreamError {
    const reason = cause === undefined ? "closed by the broker" : reasonOf(cause);
    const name = this.#name();
    const text = `the connection to ${name} was lost (${reason})`;
    return tlsError(cause, name) ?? new DStreamError("BROKER_UNREACHABLE", text, { cause, data: { broker: name } });
  }

  #break(error: DStreamError): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#renewTimer?.cancel();
    this.#connection?.destroy();
    this.#ended.reject(error);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { timer } of pending) timer.cancel();
    if (this.#stage !== "unused" || pending.length === 0) {
      for (const { reject } of pending) reject(error);
      return;
    }
    // The first request of all was not answered: a listener that wants SASL lets everybody greet it.
    void diagnosed(error, this.#stage, this.address, this.#settings, this.#machine).then((found) => {
      for (const { reject } of pending) reject(found);
    });
  }

  #name(): string {
    return addressText(this.address);
  }
}

const lateTexts: Partial<Record<Stage, string>> = {
  connect: "accepted no connection",
  tls: "accepted the connection and did not agree on TLS",
  authentication: "did not authenticate the client",
};

function lateText(stage: Stage, timeoutMs: number): string {
  return `${lateTexts[stage] ?? "accepted the connection and answered nothing"} within ${timeoutMs} ms`;
}

/** The first bytes of an alert of TLS, read as a frame's length: so answers a TLS listener what is no TLS. */
function isTlsAlert({ code, data }: DStreamError): boolean {
  return code === "FRAME_TOO_LARGE" && typeof data.bytes === "number" && data.bytes >> 16 === 0x1503;
}

/** A frame that is too large, with who sent it, and what its length is as text: servers of other kinds answer in words. */
function named(error: DStreamError, name: string): DStreamError {
  const { bytes } = error.data;
  if (error.code !== "FRAME_TOO_LARGE" || typeof bytes !== "number") return error;
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes);
  const word = length.toString("latin1");
  const said = /^[ -~]{4}$/.test(word) ? `; its answer begins with "${word}"` : "";
  const text = `${name}: ${error.message.replace(/^\[\w+\] /, "")}${said}`;
  return new DStreamError(error.code, text, { cause: error.cause, data: { ...error.data, broker: name } });
}

function notSpoken<Q, R>(
  broker: string,
  { api, version }: RequestType<Q, R>,
  spoken: { readonly min: number; readonly max: number } | undefined,
): DStreamError {
  const seen = spoken === undefined ? "does not know it" : `has versions ${spoken.min} to ${spoken.max}`;
  const text = `this client asks ${api} in version ${version}, and ${broker} ${seen}; it needs Kafka 2.8 or newer`;
  return new DStreamError("NOT_SUPPORTED", text, { data: { broker, api, version } });
}
