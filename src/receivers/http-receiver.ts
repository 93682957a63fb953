/** dstream/http-receiver: rows that senders push over HTTP. @module */
import "../runtime/process/require-node.ts";

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { checkInteger } from "../errors/checks/check-number.ts";
import { checkOptionNames, invalidOption } from "../errors/checks/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { parseJsonRow } from "../runtime/json-rows.ts";
import { addressOf, isLoopback, listen } from "../runtime/net/listening.ts";
import { isSameSecret } from "../runtime/net/same-secret.ts";
import { Receiver } from "../sources/receivers/receiver.ts";

/** Where an HttpReceiver listens and whom it believes. */
export interface HttpReceiverOptions {
  /** 0: a free one, which `address` tells. */
  readonly port: number;
  /** Default "127.0.0.1": senders on this machine only. Any other needs a `token`. */
  readonly host?: string;
  /** Senders must have it: `Authorization: Bearer TOKEN`. Default: anybody may send who reaches the port. */
  readonly token?: string;
  /** Bytes that one request may have. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** Requests that are being read at once; more are answered with 503. Default 256. */
  readonly maxUnreadRequests?: number;
  /** Bytes that requests which are being read may have, all together; what is beyond it is answered with 503. Default 64 MiB. */
  readonly maxUnreadBytes?: number;
  /** Milliseconds that a sender has for its whole request; then it is answered with 408. Default 30,000. */
  readonly requestTimeout?: number;
}

/** A refusal: status and what the sender is told. */
interface Refusal {
  readonly status: number;
  readonly text: string;
}

const contentType = "application/x-ndjson";
const retryAfterSeconds = "1";
const mebibyte = 1024 * 1024;
const limits = {
  maxBodyBytes: 16 * mebibyte,
  maxUnreadRequests: 256,
  maxUnreadBytes: 64 * mebibyte,
  requestTimeout: 30_000,
};
const maxTimerMs = 2 ** 31 - 1;
/** How often Node looks for senders that are late. */
const lateCheckMs = 1_000;
const tooMuchWaits = "too many rows wait for their batch";

/**
 * A receiver for `ssc.receiverStream`: takes lines of JSON by POST, of the content type `application/x-ndjson`, as rows. The
 * rows of a request are in one batch, and it is answered with 200 when that batch is committed; any other answer, or none, means
 * that the sender has to send it again (at-least-once). 400: a line is not JSON, or cannot be a row (a property `__proto__`, arrays
 * and objects more than 256 deep, half of a surrogate pair), and none is taken. 403: a page in a browser sends without a `token`. 408: the sender was too slow.
 * 503, with `Retry-After`: too much waits or is being read, or the job ends.
 *
 * @typeParam T what the lines are; nobody checks it
 */
export class HttpReceiver<T = unknown> extends Receiver<T> {
  readonly #options: HttpReceiverOptions & typeof limits;
  #server: Server | undefined;
  /** Requests that have not been read to their ends. */
  readonly #reading = new Set<IncomingMessage>();
  /** What has been read of these. */
  #unreadBytes = 0;

  /** @throws UNKNOWN_OPTION, INVALID_OPTION. */
  constructor(options: HttpReceiverOptions) {
    super();
    checkOptionNames("HttpReceiver", options, ["port", "host", "token", ...Object.keys(limits)]);
    const { port, host = "127.0.0.1", token } = options;
    checkInteger("HttpReceiver's port", port, 0, 65_535);
    if (token !== undefined && (typeof token !== "string" || token === "")) {
      throw invalidOption("HttpReceiver's token", token === "" ? token : typeof token, "a secret");
    }
    if (token === undefined && !isLoopback(host)) {
      throw invalidOption("HttpReceiver's token", token, `given for senders on other machines, which ${host} lets in`);
    }
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.#options = { ...limits, ...(given as typeof options) };
    for (const name of Object.keys(limits) as (keyof typeof limits)[]) {
      checkInteger(
        `HttpReceiver's ${name}`,
        this.#options[name],
        1,
        name === "requestTimeout" ? maxTimerMs : undefined,
      );
    }
    const { maxBodyBytes, maxUnreadBytes } = this.#options;
    if (maxUnreadBytes < maxBodyBytes) {
      throw invalidOption("HttpReceiver's maxUnreadBytes", maxUnreadBytes, `at least maxBodyBytes, ${maxBodyBytes}`);
    }
  }

  /** "host:port" while it listens. */
  get address(): string | undefined {
    return addressOf(this.#server);
  }

  /** @throws PORT_IN_USE, which stops the receiver. */
  async onStart(): Promise<void> {
    const { port, host = "127.0.0.1", requestTimeout } = this.#options;
    const connectionsCheckingInterval = Math.min(lateCheckMs, requestTimeout);
    const timeouts = { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval };
    const server = createServer(timeouts, (request, response) => void this.#answer(request, response));
    this.#server = server;
    await listen(server, port, host);
  }

  /** Requests that wait for their batch are answered first, those that are still being sent are cut off. */
  async onStop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server?.listening) return;
    server.close();
    for (const request of this.#reading) request.destroy();
    await once(server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, text } = await this.#take(request).catch((error: unknown) => {
      const isFull = error instanceof DStreamError && error.code === "RECEIVER_FULL";
      return { status: 503, text: isFull ? tooMuchWaits : "the job ended before the rows were committed" };
    });
    response.setHeader("content-type", "text/plain");
    // A connection that is kept would keep the receiver from stopping; a body that was not read is in the way.
    response.setHeader("connection", "close");
    if (status === 503) response.setHeader("retry-after", retryAfterSeconds);
    response.writeHead(status).end(`${text}\n`);
  }

  async #take(request: IncomingMessage): Promise<Refusal> {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return refusal;
    this.#reading.add(request);
    const body = await this.#bodyOf(request).finally(() => this.#reading.delete(request));
    if (typeof body !== "string") return body;
    const rows: T[] = [];
    for (const [i, line] of body.split("\n").entries()) {
      if (line.trim() === "") continue;
      try {
        rows.push(parseJsonRow(line) as T);
      } catch (error) {
        const what = error instanceof RangeError ? "cannot be a row" : "is not JSON";
        return { status: 400, text: `line ${i + 1} ${what}; no line was taken` };
      }
    }
    if (rows.length > 0) await this.storeMany(rows);
    return { status: 200, text: `${rows.length} rows are committed` };
  }

  /** Pages in a browser say where they come from, also one that has given its own name to this address; the content type stops others. */
  #refusal({ method, headers }: IncomingMessage): Refusal | undefined {
    const { token } = this.#options;
    if (token !== undefined && !isSameSecret(headers.authorization ?? "", `Bearer ${token}`)) {
      return { status: 401, text: "the token is missing or wrong" };
    }
    if (token === undefined && headers.origin !== undefined) {
      return { status: 403, text: "pages in a browser need the token to send" };
    }
    if (method !== "POST") return { status: 405, text: "rows are sent by POST" };
    if (headers["content-type"]?.split(";")[0]?.trim().toLowerCase() !== contentType) {
      return { status: 415, text: `the content type must be ${contentType}` };
    }
    if (this.isFull) return { status: 503, text: tooMuchWaits };
    const areMany = this.#reading.size >= this.#options.maxUnreadRequests;
    return areMany ? { status: 503, text: "too many requests are being read" } : undefined;
  }

  async #bodyOf(request: IncomingMessage): Promise<string | Refusal> {
    const { maxBodyBytes, maxUnreadBytes } = this.#options;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      // The connection has to outlive a body that is not read to its end, since it takes the answer.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        this.#unreadBytes += chunk.length;
        if (bytes > maxBodyBytes) return { status: 413, text: `a request may have ${maxBodyBytes} bytes` };
        if (this.#unreadBytes > maxUnreadBytes) return { status: 503, text: "too many bytes are being read" };
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString("utf8");
    } finally {
      this.#unreadBytes -= bytes;
    }
  }
}
