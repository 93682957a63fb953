/** dstream/flume-receiver: events that Flume's agents send. @module */
import { thisMachine } from "../runtime/machine/machine.ts";
import "../runtime/process/require-node.ts";

import { createServer, type Server, type Socket } from "node:net";
import { checkInteger } from "../errors/checks/check-number.ts";
import { checkOptionNames, checkText, invalidOption } from "../errors/checks/check-options.ts";
import type { ErrorCode } from "../errors/codes.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { reasonOf } from "../errors/shown/thrown.ts";
import { rarely } from "../runtime/log/rarely.ts";
import { addressOf, isLoopback, listen } from "../runtime/net/listening.ts";
import { Receiver } from "../sources/receivers/receiver.ts";
import { checkCertificates } from "../tls/check-certificates.ts";
import { FlumeConnection, latestAnswerMs } from "./flume/flume-connection.ts";
import type { FlumeEvent } from "./flume/flume-event.ts";
import type { FlumeTlsOptions } from "./flume/layers.ts";
import { KnownProtocols } from "./flume/sink-request.ts";
import { UnreadBytes } from "./flume/unread-bytes.ts";

export type { FlumeEvent } from "./flume/flume-event.ts";
export type { FlumeTlsOptions } from "./flume/layers.ts";

/** Where a FlumeReceiver listens, and to whom. */
export interface FlumeReceiverOptions {
  /** 0: a free one, which `address` tells. */
  readonly port: number;
  /**
   * Default "127.0.0.1": agents on this machine only. Any other needs `tls` with a `ca`: Flume's protocol has no other way to say who
   * sends. A sink has no certificate of its own, so there a tunnel on its machine shows one.
   */
  readonly host?: string;
  /**
   * For sinks with `ssl = true`. A function is called in the driver only, at the start and for each connection: for files that
   * workers do not have, and so that a certificate that was renewed is used. Default: no TLS.
   */
  readonly tls?: FlumeTlsOptions | (() => FlumeTlsOptions);
  /** The sinks' `compression-type`. Default "none". */
  readonly compression?: "none" | "deflate";
  /**
   * Bytes that one request may have, a batch of a sink's. Each event counts 100 bytes more than it has, and each header 50, for the memory
   * that they take. Default 32 MiB.
   */
  readonly maxFrameBytes?: number;
  /**
   * Bytes of requests that have not been stored yet, of all connections together, about. When there are more, only the one that began first
   * is read on, and its connection is closed when it holds others up for a second. Default 64 MiB.
   */
  readonly maxUnreadBytes?: number;
  /** Connections at once. When there are more, one is closed: the oldest without a request so far, else the new one. Default 256. */
  readonly maxConnections?: number;
  /** Milliseconds that a sender has for TLS's handshake, for each whole request, and for reading an answer. Default 30,000. */
  readonly requestTimeout?: number;
}

const mebibyte = 1024 * 1024;
const limits = {
  maxFrameBytes: 32 * mebibyte,
  maxUnreadBytes: 64 * mebibyte,
  maxConnections: 256,
  requestTimeout: 30_000,
};
type Limits = typeof limits;
const maxTimerMs = 2 ** 31 - 1;
const keepAliveMs = 60_000;
const sinkTimeoutS = 20;

/**
 * A receiver for `ssc.receiverStream`: the events of Flume's agents, from their Avro sinks (`type = avro`). A sink's batch is in one batch
 * of the job, and is answered with OK when that is committed; with any other answer, or none, the agent sends it again. With a
 * file channel every event comes at least once, whatever dies. Several agents, and several sinks of an agent, may be connected.
 *
 * A sink sends its next batch when the last one was answered, so at most one in each interval of the job. While too much waits
 * (`isFull`) nothing is read or answered. A connection that does not speak Flume's protocol, or is too slow, is closed with a
 * warning (SENDER_REFUSED, SENDER_TOO_SLOW, TLS_MISMATCH, FRAME_TOO_LARGE, TOO_MANY_SENDERS), at most one in ten seconds of each code; the
 * others go on. ANSWER_TOO_LATE warns of intervals that a sink's `request-timeout` does not fit.
 *
 * @example
 * ```ts
 * const events = ssc.receiverStream(new FlumeReceiver({ port: 4141 }));
 * events.map(({ headers, body }) => `${headers.host}: ${new TextDecoder().decode(body)}`).print();
 * ```
 */
export class FlumeReceiver extends Receiver<FlumeEvent> {
  readonly #options: FlumeReceiverOptions & Limits;
  readonly #known = new KnownProtocols();
  readonly #unread: UnreadBytes;
  /** The oldest first, with those whose sender has left and whose events are not committed. */
  readonly #connections = new Map<FlumeConnection, Promise<void>>();
  readonly #warnings = new Map<string, (text: string) => void>();
  #server: Server | undefined;

  /** @throws UNKNOWN_OPTION, INVALID_OPTION. */
  constructor(options: FlumeReceiverOptions) {
    super();
    checkOptionNames("FlumeReceiver", options, ["port", "host", "tls", "compression", ...Object.keys(limits)]);
    const { port, host = "127.0.0.1", tls, compression = "none" } = options;
    checkInteger("FlumeReceiver's port", port, 0, 65_535);
    checkText("FlumeReceiver's host", host);
    if (compression !== "none" && compression !== "deflate") {
      throw invalidOption("FlumeReceiver's compression", compression, '"none" or "deflate"');
    }
    if (typeof tls !== "function") checkTls(tls, host);
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.#options = { ...limits, ...(given as typeof options) };
    for (const name of Object.keys(limits) as (keyof Limits)[]) {
      const most = name === "requestTimeout" ? maxTimerMs : undefined;
      checkInteger(`FlumeReceiver's ${name}`, this.#options[name], 1, most);
    }
    const { maxFrameBytes, maxUnreadBytes } = this.#options;
    if (maxUnreadBytes < maxFrameBytes) {
      throw invalidOption("FlumeReceiver's maxUnreadBytes", maxUnreadBytes, `at least maxFrameBytes, ${maxFrameBytes}`);
    }
    this.#unread = new UnreadBytes(maxUnreadBytes);
  }

  /** "host:port" while it listens. */
  get address(): string | undefined {
    return addressOf(this.#server);
  }

  /** @throws PORT_IN_USE, USER_FUNCTION_FAILED for a `tls` that throws, INVALID_OPTION for what it gives. Each stops the receiver. */
  async onStart(): Promise<void> {
    const { port, host = "127.0.0.1" } = this.#options;
    this.#tls();
    if (this.batchInterval >= latestAnswerMs) this.#warn(waitsLong(this.batchInterval));
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: keepAliveMs, noDelay: true });
    server.on("connection", (socket) => this.#accept(socket));
    this.#server = server;
    await listen(server, port, host);
  }

  /** What waits for its batch is answered first, what is still being sent is cut off. */
  async onStop(): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
    for (const connection of this.#connections.keys()) connection.stop();
    await Promise.all(this.#connections.values());
  }

  #tls(): FlumeTlsOptions | undefined {
    const { tls, host = "127.0.0.1" } = this.#options;
    if (typeof tls !== "function") return tls;
    const given = calledTls(tls);
    if (given === undefined) throw invalidOption("what FlumeReceiver's tls gives", given, "an object");
    checkTls(given, host);
    return given;
  }

  #accept(socket: Socket): void {
    const { compression, maxFrameBytes, requestTimeout, maxConnections } = this.#options;
    const connection = new FlumeConnection(socket, {
      ...{ maxFrameBytes, requestTimeout, isDeflated: compression === "deflate" },
      ...{ known: this.#known, unread: this.#unread },
      tls: () => this.#tls(),
      isFull: () => this.isFull,
      ready: () => this.ready(),
      store: (events) => this.storeMany(events),
      warn: (peer, error) => this.#warn(error, `sender ${peer}: `),
    });
    const others = [...this.#connections.keys()].filter(({ isRefused }) => !isRefused);
    if (others.length >= maxConnections) {
      (others.find(({ isKnown }) => !isKnown) ?? connection).refuse(tooManySenders(maxConnections));
    }
    const served = connection.serve().then(() => void this.#connections.delete(connection));
    this.#connections.set(connection, served);
  }

  #warn(error: DStreamError, about = ""): void {
    const warn = this.#warnings.get(error.code) ?? rarely((text) => this.#tell(error.code, text), thisMachine.timers);
    this.#warnings.set(error.code, warn);
    warn(`${about}${error.message}`);
  }

  #tell(code: ErrorCode, text: string): void {
    this.logWarning(code, text);
    this.reportError(text);
  }
}

/** Its files may be gone, of which a connection that was lost would say the same. @throws USER_FUNCTION_FAILED */
function calledTls(tls: () => FlumeTlsOptions): FlumeTlsOptions {
  try {
    return tls();
  } catch (cause) {
    throw new DStreamError("USER_FUNCTION_FAILED", `FlumeReceiver's tls threw ${reasonOf(cause)}`, { cause });
  }
}

/** @throws INVALID_OPTION, UNKNOWN_OPTION */
function checkTls(tls: FlumeTlsOptions | undefined, host: string): void {
  if (tls !== undefined) {
    checkOptionNames("FlumeReceiver's tls", tls, ["cert", "key", "passphrase", "ca"]);
    for (const name of ["cert", "key"] as const) {
      if (tls[name] === undefined) throw invalidOption(`FlumeReceiver's tls.${name}`, undefined, "given, as PEM");
    }
    checkCertificates("FlumeReceiver's tls", tls);
  }
  if (!isLoopback(host) && tls?.ca === undefined) {
    throw invalidOption(
      "FlumeReceiver's tls.ca",
      tls?.ca,
      `given for senders on other machines, which ${host} lets in`,
    );
  }
}

function waitsLong(batchInterval: number): DStreamError {
  const text = `events wait up to the batch interval, ${batchInterval / 1_000} s, and for their batch, and an Avro sink waits ${sinkTimeoutS} s for its answer unless its request-timeout is longer; then it gives up and sends them again, again and again. Shorten the interval, or raise request-timeout well above it`;
  return new DStreamError("ANSWER_TOO_LATE", text, { data: { batchInterval } });
}

function tooManySenders(limit: number): DStreamError {
  const text = `there are ${limit} connections, as many as maxConnections allows, and this one was closed: see which senders connect, or raise maxConnections`;
  return new DStreamError("TOO_MANY_SENDERS", text, { data: { limit } });
}
