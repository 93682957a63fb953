import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { DStreamError } from "../../errors/dstream-error.ts";
import { addressOf, listen } from "../../runtime/net/listening.ts";
import type { CheckedUIOptions } from "../ui-options.ts";
import { Access } from "./access.ts";
import { type Answer, text } from "./answer.ts";
import { EventStream, type ServerEvent } from "./event-stream.ts";

/** What the server serves. */
export interface Site {
  /** Undefined for what is not there. */
  answer(url: URL, headers: IncomingMessage["headers"]): Promise<Answer | undefined> | Answer | undefined;
  /** What a page is told when it begins to listen. */
  firstEvents(): readonly ServerEvent[];
  /** Hears of answers that failed for a reason that nobody expected. */
  failed(text: string): void;
}

export const eventsPath = "/api/v1/events";
/** How many ports above a port that is taken are tried, as Spark's spark.port.maxRetries. */
const portsAbove = 16;
const maxConnections = 256;
/** For everything that a client sends: requests have no bodies. */
const requestMs = 5_000;
/** A connection on which nothing moves is cut, after twice as long at most: a client that does not read holds none. */
const silentMs = 10_000;
const maxHeaderBytes = 16 * 1024;
/** What answers may take that are on their way when the server is closed. */
const closingMs = 1_000;

const security = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

/** The HTTP server of a job's page. It only reads: whatever a client does, the job goes on. */
export class UIServer {
  readonly events = new EventStream();
  readonly #options: CheckedUIOptions;
  readonly #access: Access;
  readonly #site: Site;
  #server: Server | undefined;

  constructor(options: CheckedUIOptions, site: Site) {
    this.#options = options;
    this.#access = new Access(options);
    this.#site = site;
  }

  /** "http://host:port" while it listens. */
  get url(): string | undefined {
    const address = addressOf(this.#server);
    return address === undefined ? undefined : `http://${address}`;
  }

  /** @throws PORT_IN_USE when none of 17 ports in a row is free. */
  async start(): Promise<void> {
    const { port, host } = this.#options;
    const last = port === 0 ? 0 : Math.min(port + portsAbove, 65_535);
    for (let tried = port; ; tried++) {
      const server = this.#create();
      try {
        await listen(server, tried, host);
        this.#server = server;
        return;
      } catch (error) {
        if (!(error instanceof DStreamError) || error.code !== "PORT_IN_USE") throw error;
        if (tried < last) continue;
        const range = last === port ? `the port ${port}` : `the ports ${port} to ${last}`;
        const message = `${range} of ${host} are in use, so the job's page has none; give another ui.port, or 0 for any`;
        throw new DStreamError("PORT_IN_USE", message, { cause: error, data: { host, port } });
      }
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, "close");
    server.close();
    this.events.close();
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), closingMs);
    await closed;
    clearTimeout(timer);
  }

  #create(): Server {
    const server = createServer(
      {
        ...{ headersTimeout: requestMs, requestTimeout: requestMs, keepAliveTimeout: requestMs },
        ...{ connectionsCheckingInterval: 1_000, maxHeaderSize: maxHeaderBytes },
      },
      (request, response) => void this.#respond(request, response),
    );
    server.maxConnections = maxConnections;
    server.timeout = silentMs;
    // Nothing of the page keeps the program from ending.
    server.unref();
    return server;
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(security)) response.setHeader(name, value);
    response.on("error", () => {});
    const answer = await this.#answer(request, response);
    if (answer === undefined || response.destroyed) return;
    // A body that nobody reads must not keep the connection busy.
    if (request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined) {
      response.setHeader("connection", "close");
    }
    const { status, headers, body } = answer;
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const { method, headers } = request;
    const url = URL.parse(request.url ?? "", "http://localhost");
    // "*", "//host" and whole addresses are for proxies.
    if (url === null || !/^\/(?!\/)/.test(request.url ?? "")) return text(400, "the request's target is no path");
    const refusal = this.#access.refusal({ method, url, headers, port: request.socket.localPort });
    if (refusal !== undefined) return refusal;
    if (url.pathname === eventsPath) return this.#listen(request, response);
    try {
      return (await this.#site.answer(url, headers)) ?? text(404, `there is nothing at ${url.pathname}`);
    } catch (error) {
      if (error instanceof DStreamError) return text(500, error.message);
      this.#site.failed(`the page's ${url.pathname} failed: ${String(error)}`);
      return text(500, "the page failed; the job goes on, and its log says more");
    }
  }

  #listen(request: IncomingMessage, response: ServerResponse): Answer | undefined {
    if (this.events.isFull) return text(503, "too many pages listen", { "retry-after": "10" });
    if (request.method === "HEAD") return text(200, "");
    this.events.add(response, this.#site.firstEvents());
    return undefined;
  }
}
