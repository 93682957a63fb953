// Spark's connection string: sc://host:port/;name=value;name=value. Other names than Spark's own become request headers. What a
// program says beside it joins it here.
import { userInfo } from "node:os";
import { invalidOption } from "../../../errors/checks/check-options.ts";
import type { TokenSource } from "../../../runtime/ask-token.ts";
import { isLoopback } from "../../../runtime/net/listening.ts";
import { isHeaderName, isHeaderValue, type SparkConnectionOptions, type SparkTls } from "./connection-options.ts";

const ownParameters = ["token", "use_ssl", "user_id", "user_agent", "session_id"];
const defaultPort = 15_002;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const userAgentCharactersMax = 2_048;

/** Where a Spark Connect server is and who asks. Printing one shows no token and no header value. */
export class ConnectionString {
  readonly host: string;
  /** Default 15002. */
  readonly port: number;
  readonly useTls: boolean;
  /** Default: the name of the user who runs this process. */
  readonly userId: string;
  readonly userAgent: string | undefined;
  /** Undefined: the client makes one up. */
  readonly sessionId: string | undefined;
  readonly #headers: ReadonlyMap<string, string | TokenSource>;
  readonly #token: SparkConnectionOptions["token"];
  readonly #tls: SparkTls;

  private constructor(
    host: string,
    port: number,
    parameters: ReadonlyMap<string, string>,
    options: SparkConnectionOptions,
  ) {
    this.host = host;
    this.port = port;
    this.#headers = headersOf(parameters, options.headers ?? {});
    this.#token = tokenOf(parameters.get("token"), options.token, this.#headers.has("authorization"));
    this.#tls = options.tls ?? {};
    // Certificates that an unset variable leaves out must not become a connection that everybody can read.
    const isAskedFor = options.tls !== undefined && !isLoopback(host);
    const hasCertificates = isAskedFor || Object.values(this.#tls).some((text) => text !== undefined);
    const isSecret = (value: string | TokenSource, name: string): boolean =>
      name === "authorization" || typeof value === "function";
    const hasToken = this.#token !== undefined || [...this.#headers].some(([name, value]) => isSecret(value, name));
    this.useTls = usesTls(host, parameters.get("use_ssl"), { hasToken, hasCertificates });
    this.userId = parameters.get("user_id") ?? process.env.SPARK_USER ?? userInfo().username;
    this.userAgent = checkUserAgent(parameters.get("user_agent"));
    this.sessionId = checkSessionId(parameters.get("session_id"));
  }

  /**
   * With the options that the program gave.
   * @throws INVALID_OPTION saying what is wrong; the text itself is not repeated, since it may hold a token.
   */
  static parse(text: string, options: SparkConnectionOptions = {}): ConnectionString {
    const match = /^sc:\/\/([^/;]*)(\/?)(.*)$/s.exec(text);
    if (match === null) throw wrong("another text", 'like "sc://host:port"');
    const [, authority, slash, rest] = match as unknown as [string, string, string, string];
    const { host, port } = parseAuthority(authority);
    if (rest !== "" && !(slash === "/" && rest.startsWith(";"))) {
      throw wrong("a path", `"sc://${authority}/;name=value", with nothing else between "/" and ";"`);
    }
    return new ConnectionString(host, port, parseParameters(rest), options);
  }

  /** "host:port" for messages. */
  get address(): string {
    return `${this.host.includes(":") ? `[${this.host}]` : this.host}:${this.port}`;
  }

  get url(): string {
    return `${this.useTls ? "https" : "http"}://${this.address}`;
  }

  /** What goes with every request besides the token. */
  headers(): ReadonlyMap<string, string | TokenSource> {
    return this.#headers;
  }

  /** The token, or what gives one. */
  token(): SparkConnectionOptions["token"] {
    return this.#token;
  }

  tls(): SparkTls {
    return this.#tls;
  }
}

function parseAuthority(authority: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:@\s]+))(?::(\d{1,5}))?$/.exec(authority);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined)
    throw wrong(`"${authority.replace(/^.*@/, "…@")}"`, 'a host with an optional port, like "sc://host:15002"');
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > 65_535) throw wrong(`port ${port}`, "a port of 1 to 65535");
  return { host, port };
}

function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(";").filter((each) => each !== "")) {
    const at = part.indexOf("=");
    const name = part.slice(0, at);
    if (at < 1)
      throw wrong(`parameter ${parameters.size + 1} without a name or "="`, "name=value pairs divided by semicolons");
    if (parameters.has(name)) throw wrong(`"${name}" twice`, "each parameter once");
    if (name === "authorization") throw wrong(`parameter "${name}"`, "token=…, which is sent as that header");
    if (!ownParameters.includes(name) && !isHeaderName(name)) {
      throw wrong(
        `parameter "${name}"`,
        `a known parameter (${ownParameters.join(", ")}) or the name of a header in small letters`,
      );
    }
    parameters.set(name, decode(name, part.slice(at + 1)));
  }
  return parameters;
}

function decode(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw wrong(
      `a value of "${name}" that is not URL-encoded`,
      `percent-encoded text, as encodeURIComponent makes it`,
      error,
    );
  }
}

/** @throws INVALID_OPTION for two of them, or for one that no header can have. */
function tokenOf(
  ofMaster: string | undefined,
  ofProgram: SparkConnectionOptions["token"],
  hasAuthorization: boolean,
): typeof ofProgram {
  if (ofMaster !== undefined && hasAuthorization) {
    throw wrong("a token beside the header authorization of spark.headers", "one of the two");
  }
  if (hasAuthorization) return undefined;
  if (ofMaster !== undefined && ofProgram !== undefined) {
    throw wrong("a token beside the program's", "without token, or the program without spark.token");
  }
  const token = ofMaster ?? ofProgram ?? process.env.SPARK_CONNECT_AUTHENTICATE_TOKEN;
  if (typeof token === "string" && !isHeaderValue(token)) {
    throw wrong(`a value of "token" that no header can have`, "visible ASCII characters");
  }
  return token;
}

/**
 * As in Spark a token asks for TLS by itself, except on loopback; certificates do so anywhere.
 * @throws INVALID_OPTION when a token would travel in the clear, or certificates would be of no use.
 */
function usesTls(
  host: string,
  useSsl: string | undefined,
  { hasToken, hasCertificates }: { readonly hasToken: boolean; readonly hasCertificates: boolean },
): boolean {
  if (useSsl !== undefined && !/^(true|false)$/i.test(useSsl))
    throw wrong(`use_ssl=${useSsl}`, "use_ssl=true or use_ssl=false");
  if (useSsl?.toLowerCase() === "true") return true;
  const isForbidden = useSsl !== undefined;
  if (hasCertificates && isForbidden) {
    throw wrong("use_ssl=false together with spark.tls or --connect-ca", "use_ssl=true, or neither of them given");
  }
  if (hasCertificates) return true;
  if (!hasToken || isLoopback(host)) return false;
  if (isForbidden)
    throw wrong("a token together with use_ssl=false", "use_ssl=true: tokens travel over TLS only, except on loopback");
  return true;
}

function checkSessionId(sessionId: string | undefined): string | undefined {
  if (sessionId !== undefined && !uuid.test(sessionId)) throw wrong(`session_id=${sessionId}`, "a UUID as session_id");
  return sessionId;
}

function checkUserAgent(userAgent: string | undefined): string | undefined {
  const length = encodeURIComponent(userAgent ?? "").length;
  if (length > userAgentCharactersMax) {
    throw wrong(
      `a user_agent of ${length} characters`,
      `at most ${userAgentCharactersMax} characters (URL-encoded) of user_agent`,
    );
  }
  return userAgent;
}

function headersOf(
  parameters: ReadonlyMap<string, string>,
  ofProgram: NonNullable<SparkConnectionOptions["headers"]>,
): Map<string, string | TokenSource> {
  const headers = new Map<string, string | TokenSource>(
    [...parameters].filter(([name]) => !ownParameters.includes(name)),
  );
  for (const [name, value] of headers) {
    if (typeof value === "string" && !isHeaderValue(value))
      throw wrong(`a value of "${name}" that no header can have`, "visible ASCII characters");
  }
  for (const [given, value] of Object.entries(ofProgram)) {
    const name = given.toLowerCase();
    if (headers.has(name)) throw wrong(`"${name}", which spark.headers has, too`, "one of the two");
    headers.set(name, value);
  }
  return headers;
}

function wrong(seen: string, allowed: string, cause?: unknown) {
  return invalidOption("the Spark master", seen, allowed, cause);
}
