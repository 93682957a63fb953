import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Certificate } from "../self-signed.ts";

export interface TlsProxyOptions extends Certificate {
  /** Authorities of client certificates; where they are given, clients have to show one. */
  readonly clientCa?: string;
}

/** A request as it came in. */
export interface SeenRequest {
  /** "ExecutePlan". */
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** What it was answered with in place of being passed on. */
  readonly refusedWith: number | undefined;
}

/** How streams of results end before their time: reset, or as if they were whole, but without trailers. */
export type EarlyEnd = "reset" | "without-trailers";

/** A proxy before a Spark Connect server, as people have them: TLS and HTTP/2 on the outside, a token, limits, and faults. */
export class TlsProxy implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly seen: SeenRequest[] = [];
  /** Requests whose token it does not take are answered with 401. Default: any is taken, and none. */
  takes: (token: string | undefined) => boolean = () => true;
  /** Answered in place of passing requests on. */
  status: number | undefined;
  /** How many requests are still answered with `status`; default: all. */
  statusesLeft = Number.POSITIVE_INFINITY;
  /** Larger bodies are answered with 413, at the byte that is too much. */
  bodyBytesMax = Number.POSITIVE_INFINITY;
  /** Connections without streams are closed after so long. */
  idleMs: number | undefined;
  /** Streams of results end so, once so much of them has been passed on. */
  early: { readonly how: EarlyEnd; readonly afterBytes: number } | undefined;
  /** Connections so far. */
  connections = 0;
  /** Streams that ended early. */
  earlyEnds = 0;

  private constructor(targetPort: number, { key, cert, clientCa }: TlsProxyOptions) {
    this.#targetPort = targetPort;
    this.#server = createSecureServer({
      key,
      cert,
      ...(clientCa !== undefined && { requestCert: true, rejectUnauthorized: true, ca: clientCa }),
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("session", (session) => this.#serve(session));
    this.#server.on("tlsClientError", () => {});
    this.#server.on("sessionError", () => {});
  }

  static async start(targetPort: number, options: TlsProxyOptions): Promise<TlsProxy> {
    const proxy = new TlsProxy(targetPort, options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not the sessions: a handshake that was cut has a socket alone.
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #serve(session: ServerHttp2Session): void {
    this.connections++;
    session.on("error", () => {});
    const upstream = connect(`http://127.0.0.1:${this.#targetPort}`);
    upstream.on("error", () => session.destroy());
    let idle: NodeJS.Timeout | undefined;
    let open = 0;
    const watchIdleness = (): void => {
      clearTimeout(idle);
      if (this.idleMs !== undefined && open === 0) idle = setTimeout(() => session.close(), this.idleMs);
    };
    watchIdleness();
    session.on("stream", (stream, headers) => {
      open++;
      clearTimeout(idle);
      stream.on("error", () => {});
      stream.once("close", () => {
        open--;
        watchIdleness();
      });
      this.#answer(stream, headers, upstream);
    });
    session.once("close", () => {
      clearTimeout(idle);
      upstream.destroy();
    });
  }

  #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session): void {
    const refusedWith = this.#refusal(headers);
    const method = String(headers[":path"]).split("/").at(-1) as string;
    this.seen.push({ method, headers, refusedWith });
    if (refusedWith === undefined) this.#pass(stream, headers, upstream, method);
    else refuse(stream, refusedWith);
  }

  #refusal({ authorization }: IncomingHttpHeaders): number | undefined {
    if (this.status !== undefined && this.statusesLeft > 0) {
      this.statusesLeft--;
      return this.status;
    }
    return this.takes(authorization?.replace(/^Bearer /, "")) ? undefined : 401;
  }

  #pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session, method: string): void {
    const { ":authority": _, ":scheme": __, ...others } = headers;
    if (upstream.destroyed) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const passed = upstream.request(others);
    let trailers: IncomingHttpHeaders = {};
    passed.on("error", () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    passed.on("trailers", (last) => {
      trailers = last;
    });
    passed.on("response", (first, flags) => {
      if (stream.destroyed || stream.headersSent) return;
      const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      stream.respond(first, { endStream: isWhole, waitForTrailers: !isWhole });
      if (!isWhole) passed.pipe(stream);
    });
    stream.once("wantTrailers", () => stream.sendTrailers(trailers));
    stream.once("close", () => passed.close(constants.NGHTTP2_CANCEL));
    let bytes = 0;
    stream.on("data", ({ length }: Buffer) => {
      bytes += length;
      if (bytes <= this.bodyBytesMax || stream.headersSent) return;
      passed.close(constants.NGHTTP2_CANCEL);
      refuse(stream, 413);
    });
    stream.pipe(passed);
    if (/^(ExecutePlan|ReattachExecute)$/.test(method)) this.#endEarly(stream, passed);
  }

  #endEarly(stream: ServerHttp2Stream, passed: ClientHttp2Stream): void {
    const { early } = this;
    if (early === undefined) return;
    let bytes = 0;
    const count = ({ length }: Buffer): void => {
      bytes += length;
      if (bytes <= early.afterBytes) return;
      this.earlyEnds++;
      passed.off("data", count).unpipe(stream);
      // These bytes are still passed on.
      setImmediate(() => endEarly(stream, early.how));
    };
    passed.on("data", count);
  }
}

function endEarly(stream: ServerHttp2Stream, how: EarlyEnd): void {
  if (stream.destroyed) return;
  if (how === "reset") {
    stream.close(constants.NGHTTP2_CANCEL);
    return;
  }
  stream.removeAllListeners("wantTrailers");
  stream.once("wantTrailers", () => stream.close());
  stream.end();
}

/** As a proxy refuses: with a page. */
function refuse(stream: ServerHttp2Stream, status: number): void {
  const location = status >= 300 && status < 400 ? { location: "https://login.example/oauth?state=s3cret" } : {};
  stream.respond({ ":status": status, "content-type": "text/html", ...location });
  stream.end("<html>no</html>");
}
