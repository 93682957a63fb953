import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { DStreamError } from "../../errors/dstream-error.ts";
import { addressText } from "../../runtime/net/listening.ts";
import { type DataPack, DataPackReader, encodeDataPack } from "./data-pack.ts";
import type { FlumeEvent } from "./flume-event.ts";
import { Incoming } from "./incoming.ts";
import { type FlumeTlsOptions, unwrapped } from "./layers.ts";
import { refusalOf } from "./sender-refused.ts";
import { eventsOf, type KnownProtocols, SinkRequests, statusAnswer, statuses } from "./sink-request.ts";
import type { UnreadBytes } from "./unread-bytes.ts";

/** What a connection is given by its receiver. */
export interface ConnectionOptions {
  readonly tls: () => FlumeTlsOptions | undefined;
  readonly isDeflated: boolean;
  readonly maxFrameBytes: number;
  readonly requestTimeout: number;
  readonly known: KnownProtocols;
  readonly unread: UnreadBytes;
  readonly isFull: () => boolean;
  readonly ready: () => Promise<void>;
  /** Resolves when the events are committed, and rejects when they will not be. */
  readonly store: (events: readonly FlumeEvent[]) => Promise<void>;
  /** Hears of what somebody should look at. */
  readonly warn: (peer: string, error: DStreamError) => void;
}

/** Of a sink's 20 s; one that leaves earlier has another reason. */
export const latestAnswerMs = 15_000;
const endGraceMs = 1_000;
const startBytes = 8;

/**
 * One connection of an Avro sink: one request after the other, each answered when the batch with its events is committed. While the
 * receiver is full nothing is read, but for what the socket has read ahead.
 */
export class FlumeConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #requests: SinkRequests;
  readonly #peer: string;
  /** The first bytes that came, where they can be seen. */
  #start: Buffer = Buffer.alloc(0);
  #refusal: DStreamError | undefined;
  #isStopping = false;
  /** Whether the events of a request are stored and not committed. */
  #isWaiting = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#requests = new SinkRequests(options.known);
    this.#peer = addressText(socket.remoteAddress, socket.remotePort);
    socket.on("error", () => {});
  }

  /** Whether its sender has shown that it is an Avro sink. */
  get isKnown(): boolean {
    return this.#requests.areKnown;
  }

  /** Whether it is about to end. */
  get isRefused(): boolean {
    return this.#refusal !== undefined;
  }

  /** Answers until the connection ends. It rejects with nothing. */
  async serve(): Promise<void> {
    const { isDeflated, requestTimeout } = this.#options;
    let hasTls = false;
    let failure: DStreamError | undefined;
    try {
      const tls = this.#options.tls();
      hasTls = tls !== undefined;
      if (isDeflated) this.#socket.once("data", (chunk: Buffer) => this.#note(chunk));
      const stream = await unwrapped(this.#socket, { tls, isDeflated, handshakeTimeout: requestTimeout });
      stream.on("error", () => {});
      await this.#answerRequests(stream);
    } catch (error) {
      failure = refusalOf(error, this.#start, hasTls);
    }
    this.#options.unread.release(this);
    this.#socket.destroy();
    const refusal = this.#refusal ?? failure;
    if (refusal !== undefined && !this.#isStopping) this.#options.warn(this.#peer, refusal);
  }

  /** Answers what waits for its batch, and ends. */
  stop(): void {
    this.#isStopping = true;
    if (!this.#isWaiting) this.#socket.destroy();
  }

  /** Ends at once; its sender will send again. */
  refuse(error: DStreamError): void {
    this.#refusal ??= error;
    this.#socket.destroy();
  }

  async #answerRequests(stream: Duplex): Promise<void> {
    const incoming = new Incoming(stream);
    for (;;) {
      const pack = await this.#nextPack(incoming);
      const answer = pack && (await this.#answer(pack.bytes, incoming));
      if (pack === undefined || answer === undefined) return;
      await this.#write(stream, encodeDataPack({ serial: pack.serial, bytes: answer }));
      if (!this.#isStopping) continue;
      stream.end();
      await delay(endGraceMs, undefined, { signal: closing(this.#socket) }).catch(() => {});
      return;
    }
  }

  /** undefined where the connection ends first. */
  async #nextPack(incoming: Incoming): Promise<DataPack | undefined> {
    const { maxFrameBytes, requestTimeout, unread, isFull, ready } = this.#options;
    const reader = new DataPackReader(maxFrameBytes);
    const giveUp = (): void => this.refuse(heldOthersUp());
    let msLeft = requestTimeout;
    while (!reader.isWhole) {
      if (isFull()) await ready();
      const askedAt = performance.now();
      const chunk = reader.isEmpty ? await incoming.next() : await this.#inTime(incoming.next(), msLeft);
      if (chunk === undefined) return undefined;
      if (!reader.isEmpty) msLeft -= performance.now() - askedAt;
      if (!this.isKnown) this.#note(chunk);
      const taken = reader.push(chunk);
      if (taken < chunk.length) incoming.unread(chunk.subarray(taken));
      await unread.grow(this, reader.capacity, giveUp);
    }
    unread.finish(this);
    return reader.pack;
  }

  async #answer(bytes: Buffer, incoming: Incoming): Promise<Buffer | undefined> {
    const { maxFrameBytes, unread, isFull, ready, store, warn } = this.#options;
    const request = this.#requests.read(bytes);
    if (!("message" in request)) {
      unread.release(this);
      return request;
    }
    // A request may have lain here while the receiver was full, and its sender have left and sent it again: an end that has come is seen.
    incoming.watch();
    do {
      await ready();
      await turn();
      await turn();
    } while (isFull());
    if (incoming.endedAt !== undefined || this.#socket.destroyed) return undefined;
    const { events, hasLostHeader } = eventsOf(request, maxFrameBytes);
    unread.release(this);
    if (hasLostHeader) warn(this.#peer, lostHeader());
    const isStored = events.length === 0 || (await this.#stored(store(events), incoming));
    if (incoming.endedAt !== undefined) return undefined;
    return statusAnswer(request, isStored ? statuses.ok : statuses.failed);
  }

  async #stored(committed: Promise<void>, incoming: Incoming): Promise<boolean> {
    const since = performance.now();
    this.#isWaiting = true;
    const isStored = await committed.then(
      () => true,
      () => false,
    );
    this.#isWaiting = false;
    const waitedMs = (incoming.endedAt ?? since) - since;
    if (waitedMs >= latestAnswerMs) this.#options.warn(this.#peer, leftEarly(waitedMs));
    return isStored;
  }

  async #write(stream: Duplex, bytes: Buffer): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    await this.#inTime(written, this.#options.requestTimeout);
  }

  /** What a sender does, within its time. */
  #inTime<T>(done: Promise<T>, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => {
          this.refuse(tooSlow(this.#options.requestTimeout));
          reject(this.#refusal);
        },
        Math.max(1, ms),
      );
      done.then(resolve, reject).finally(() => clearTimeout(late));
    });
  }

  #note(chunk: Buffer): void {
    if (this.#start.length < startBytes) this.#start = Buffer.concat([this.#start, chunk.subarray(0, startBytes)]);
  }
}

function closing(socket: Socket): AbortSignal {
  const closed = new AbortController();
  if (socket.closed) closed.abort();
  else socket.once("close", () => closed.abort());
  return closed.signal;
}

function tooSlow(requestTimeout: number): DStreamError {
  const text = `it took longer than requestTimeout, ${requestTimeout} ms, for a request or for reading its answer: see what holds it or the network up`;
  return new DStreamError("SENDER_TOO_SLOW", text, { data: { limit: requestTimeout } });
}

function heldOthersUp(): DStreamError {
  const text =
    "it held others up, as the requests that are being read have maxUnreadBytes and its own began first: see what holds it or the network up, lower the sinks' batch-size, or raise maxUnreadBytes";
  return new DStreamError("SENDER_TOO_SLOW", text);
}

function leftEarly(waitedMs: number): DStreamError {
  const seconds = Math.round(waitedMs / 1_000);
  const text = `it did not wait longer than ${seconds} s for the batch with its events, and sends them again: shorten the batches, or raise the sink's request-timeout`;
  return new DStreamError("ANSWER_TOO_LATE", text, { data: { waitedMs } });
}

function lostHeader(): DStreamError {
  return new DStreamError(
    "VALUE_NOT_ENCODABLE",
    'a header "__proto__" cannot be a property of a row, and was left out',
  );
}
