import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { ConnectionString } from "./connection-string.ts";
import { SparkConnectService } from "./gen/spark-connect.ts";

// A server counts pings as abuse unless it has sent something since; one that runs a query reports its progress every 2 s, so a
// ping goes out only where nothing else shows that the other side is still there.
const pingIntervalMs = 30_000;
const pingTimeoutMs = 15_000;

/** A row may be large, but one message is held in memory whole. */
const responseBytesMax = 256 * 1024 * 1024;

/** One HTTP/2 connection to a server; it is opened by the first call and again by the first call after it broke. */
export class ConnectChannel {
  readonly client: Client<typeof SparkConnectService>;
  readonly #connection: Http2SessionManager;

  constructor(target: ConnectionString) {
    this.#connection = new Http2SessionManager(target.url, { pingIntervalMs, pingTimeoutMs });
    const transport = createGrpcTransport({
      baseUrl: target.url,
      sessionManager: this.#connection,
      readMaxBytes: responseBytesMax,
      interceptors: [
        (next) => (request) => {
          for (const [name, value] of target.headers()) request.header.set(name, value);
          return next(request);
        },
      ],
    });
    this.client = createClient(SparkConnectService, transport);
  }

  /** Ends the connection and every call on it. */
  close(): void {
    this.#connection.abort();
  }
}
