import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { type Client, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { ConnectionString } from "./connection-string.ts";
import { type Credentials, isRefusal, TokenRenewed } from "./credentials.ts";
import { SparkConnectService } from "./gen/spark-connect.ts";

// A server counts pings as abuse unless it has sent something since; one that runs a query reports its progress every 2 s, so a
// ping goes out only where nothing else shows that the other side is still there.
const pings = { pingIntervalMs: 15_000, pingTimeoutMs: 10_000 };

const windowBytes = 4 * 1024 * 1024;

/** A row may be large, but one message is held in memory whole. */
const responseBytesMax = 256 * 1024 * 1024;

/**
 * One HTTP/2 connection to a server; it is opened by the first call and again by the first call after it broke.
 * `forUpload` is one that sends no pings: they would wait behind what is sent, and a server that only receives forbids them.
 */
export class ConnectChannel {
  readonly client: Client<typeof SparkConnectService>;
  readonly #connection: SparkConnection;

  constructor(target: ConnectionString, credentials: Credentials, { forUpload = false } = {}) {
    const { ca, cert, key } = target.tls();
    this.#connection = new SparkConnection(target.url, forUpload ? {} : pings, {
      settings: { initialWindowSize: windowBytes },
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    });
    const transport = createGrpcTransport({
      baseUrl: target.url,
      sessionManager: this.#connection,
      readMaxBytes: responseBytesMax,
      interceptors: [showing(credentials, this.#connection)],
    });
    this.client = createClient(SparkConnectService, transport);
  }

  /** Ends the connection and every call on it. */
  close(): void {
    this.#connection.abort();
  }
}

/** Requests carry the token and the headers; one that was refused fails as TokenRenewed where another try is worth it. */
function showing(credentials: Credentials, connection: SparkConnection): Interceptor {
  return (next) => async (request) => {
    const shown = await credentials.headers(!connection.isOpen);
    for (const [name, value] of shown) request.header.set(name, value);
    const judged = async (thrown: unknown): Promise<Error> => {
      const error = ConnectError.from(thrown);
      return isRefusal(error) && (await credentials.renew(shown)) ? new TokenRenewed(error) : error;
    };
    try {
      const response = await next(request);
      credentials.accepted(shown);
      // A stream may be refused where it began well.
      return response.stream ? { ...response, message: failingAs(judged, response.message) } : response;
    } catch (error) {
      throw await judged(error);
    }
  };
}

async function* failingAs<T>(judged: (error: unknown) => Promise<Error>, messages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw await judged(error);
  }
}

/** The connection, made fit for large results and for failures that come when nobody listens any more. */
class SparkConnection extends Http2SessionManager {
  readonly #known = new WeakSet<object>();

  /** Whether a request would be sent over what there is. */
  get isOpen(): boolean {
    const state = this.state();
    return state !== "closed" && state !== "error";
  }

  override async request(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...args);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session !== undefined && !this.#known.has(session)) {
      this.#known.add(session);
      // With HTTP/2's own 64 KiB a result waits for a round trip every 64 KiB.
      session.setLocalWindowSize(windowBytes);
      // A session that fails while it is being left would end the process; whoever waits on it learns of it by their stream.
      session.on("error", () => {});
    }
    return stream;
  }
}
