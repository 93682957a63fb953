import { checkObject, checkOptionNames, invalidOption } from "../../../errors/checks/check-options.ts";
import { isToken } from "../../../runtime/ask-token.ts";
import { checkCertificates } from "../../../tls/check-certificates.ts";

/**
 * How a Spark Connect server is reached, beside what the master says. What also stands there is refused. With another master it is
 * checked and has no effect, so that a job's file runs anywhere.
 *
 * The job's file runs in executors as well, where files and variables of the driver are missing: take texts from `process.env`, which
 * is `undefined` there, rather than by reading a file.
 *
 * @example spark: { token: () => accessToken(), headers: { "x-tenant": "shop" }, tls: { ca: process.env.SPARK_CA } }
 */
export interface SparkConnectionOptions {
  /**
   * Sent as `authorization: Bearer …`, over TLS only, loopback excepted. A function is asked for one at each connection, and again when the
   * server refuses the one it gave, in the middle of a job, too; it has 10 seconds. One that throws is asked again, for a minute. A
   * text stays the same: the job ends when it has expired.
   *
   * Default: `token` of the master, else SPARK_CONNECT_AUTHENTICATE_TOKEN.
   */
  readonly token?: string | (() => string | PromiseLike<string>) | undefined;
  /** Sent with each request. Functions are asked as that of `token` is, for services whose tokens have a header of their own. Default none. */
  readonly headers?: Readonly<Record<string, string | (() => string | PromiseLike<string>)>>;
  /**
   * PEM: authorities to believe in place of the system's (`--connect-ca FILE` comes first), a client certificate and its key. That
   * it is there asks for TLS, as `use_ssl=true` does; on loopback only with one of the three.
   */
  readonly tls?: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
  };
}

/** Certificates of a connection to Spark. */
export type SparkTls = NonNullable<SparkConnectionOptions["tls"]>;

/** What HTTP/2 and gRPC keep for themselves is no header of a user's. */
const headerName = /^(?!grpc-|content-type$|te$|host$|user-agent$|connection$|transfer-encoding$)[a-z0-9_.-]+$/;
const headerValue = /^[\x20-\x7e]*$/;

export function isHeaderName(name: string): boolean {
  return headerName.test(name);
}

export function isHeaderValue(value: unknown): value is string {
  return typeof value === "string" && headerValue.test(value);
}

/** @throws UNKNOWN_OPTION, INVALID_OPTION naming the option, and never what it has. */
export function checkSparkConnection(options: SparkConnectionOptions): void {
  checkOptionNames("spark", options, ["token", "headers", "tls"]);
  const { token, headers, tls } = options;
  if (token !== undefined && typeof token !== "function" && !isToken(token)) {
    throw invalidOption(
      "spark.token",
      kindOf(token),
      "a text of printable ASCII without spaces, or a function that gives one",
    );
  }
  if (headers !== undefined) checkHeaders(headers, token !== undefined);
  if (tls !== undefined) checkTls(tls);
}

function checkHeaders(headers: NonNullable<SparkConnectionOptions["headers"]>, hasToken: boolean): void {
  checkObject("spark.headers", headers);
  const seen = new Set<string>();
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (name === "authorization" && hasToken) {
      throw invalidOption(
        "spark.headers",
        `"${given}" beside spark.token`,
        "without it: the token is sent as that header",
      );
    }
    if (!isHeaderName(name)) throw invalidOption("spark.headers", `"${given}"`, "headers that are free for use");
    if (seen.has(name)) throw invalidOption("spark.headers", `"${given}" twice`, "each header once");
    if (typeof value !== "function" && !isHeaderValue(value))
      throw invalidOption(
        `spark.headers["${given}"]`,
        kindOf(value),
        "a text of visible ASCII characters, or a function that gives one",
      );
    seen.add(name);
  }
}

function checkTls(tls: SparkTls): void {
  checkObject("spark.tls", tls);
  checkOptionNames("spark.tls", tls, ["ca", "cert", "key"]);
  for (const name of ["ca", "cert", "key"] as const) {
    const given = tls[name];
    if (given !== undefined && typeof given !== "string")
      throw invalidOption(`spark.tls.${name}`, kindOf(given), "PEM text");
  }
  const [cert, key] = [tls.cert, tls.key];
  if (cert !== undefined && key === undefined) throw invalidOption("spark.tls", "cert alone", "cert with its key");
  if (cert === undefined && key !== undefined) throw invalidOption("spark.tls", "key alone", "key with its cert");
  checkCertificates("spark.tls", tls);
}

/** What it is instead of what it says, which is a secret. */
function kindOf(given: unknown): string {
  if (typeof given !== "string") return given === null ? "null" : `a value of type ${typeof given}`;
  return given === "" ? "an empty text" : "this one";
}
