// Spark's connection string: sc://host:port/;name=value;name=value. Other names than Spark's own become request headers.
import { isIP } from "node:net";
import { userInfo } from "node:os";
import { invalidOption } from "../../../errors/check-options.ts";

const ownParameters = ["token", "use_ssl", "user_id", "user_agent", "session_id"];
const defaultPort = 15_002;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const headerName = /^(?!grpc-|content-type$|te$|host$|user-agent$)[a-z0-9_.-]+$/;
const headerValue = /^[\x20-\x7e]*$/;
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
  readonly #headers: ReadonlyMap<string, string>;

  private constructor(host: string, port: number, parameters: ReadonlyMap<string, string>) {
    this.host = host;
    this.port = port;
    const token = parameters.get("token") ?? process.env.SPARK_CONNECT_AUTHENTICATE_TOKEN;
    this.useTls = usesTls(host, parameters.get("use_ssl"), token !== undefined);
    this.userId = parameters.get("user_id") ?? process.env.SPARK_USER ?? userInfo().username;
    this.userAgent = checkUserAgent(parameters.get("user_agent"));
    this.sessionId = checkSessionId(parameters.get("session_id"));
    this.#headers = headersOf(parameters, token);
  }

  /** @throws INVALID_OPTION saying what is wrong; the text itself is not repeated, since it may hold a token. */
  static parse(text: string): ConnectionString {
    const match = /^sc:\/\/([^/;]*)(\/?)(.*)$/s.exec(text);
    if (match === null) throw wrong("another text", 'like "sc://host:port"');
    const [, authority, slash, rest] = match as unknown as [string, string, string, string];
    const { host, port } = parseAuthority(authority);
    if (rest !== "" && !(slash === "/" && rest.startsWith(";"))) {
      throw wrong("a path", `"sc://${authority}/;name=value", with nothing else between "/" and ";"`);
    }
    return new ConnectionString(host, port, parseParameters(rest));
  }

  /** "host:port" for messages. */
  get address(): string {
    return `${this.host.includes(":") ? `[${this.host}]` : this.host}:${this.port}`;
  }

  get url(): string {
    return `${this.useTls ? "https" : "http"}://${this.address}`;
  }

  /** What goes with every request, the token among it. */
  headers(): ReadonlyMap<string, string> {
    return this.#headers;
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
    if (!ownParameters.includes(name) && !headerName.test(name)) {
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

/** As in Spark a token asks for TLS by itself, except on loopback. @throws INVALID_OPTION when a token would travel in the clear. */
function usesTls(host: string, useSsl: string | undefined, hasToken: boolean): boolean {
  if (useSsl !== undefined && !/^(true|false)$/i.test(useSsl))
    throw wrong(`use_ssl=${useSsl}`, "use_ssl=true or use_ssl=false");
  if (useSsl?.toLowerCase() === "true") return true;
  if (!hasToken || isLoopback(host)) return false;
  if (useSsl !== undefined)
    throw wrong("a token together with use_ssl=false", "use_ssl=true: tokens travel over TLS only, except on loopback");
  return true;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
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

function headersOf(parameters: ReadonlyMap<string, string>, token: string | undefined): Map<string, string> {
  const headers = new Map([...parameters].filter(([name]) => !ownParameters.includes(name)));
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  for (const [name, value] of headers) {
    if (!headerValue.test(value))
      throw wrong(`a value of "${name}" that no header can have`, "visible ASCII characters");
  }
  return headers;
}

function wrong(seen: string, allowed: string, cause?: unknown) {
  return invalidOption("the Spark master", seen, allowed, cause);
}
