// The token of a session's requests. It is asked for when a connection is opened, and again when the server refuses the one it has: a
// request that was refused is then made again, like one that the network broke.
import { Code, type ConnectError } from "@connectrpc/connect";
import { askToken, type TokenSource } from "../../../runtime/ask-token.ts";

/** A request was refused, and there is another token now. The library makes it the cause of an error of its own. */
export class TokenRenewed extends Error {
  readonly refusal: ConnectError;

  constructor(refusal: ConnectError) {
    super("the token was renewed");
    this.refusal = refusal;
  }
}

/** Whether the server, or a proxy before it, refused who is asking. */
export function isRefusal(error: ConnectError): boolean {
  return error.code === Code.Unauthenticated || error.code === Code.PermissionDenied;
}

export class Credentials {
  readonly #source: string | TokenSource | undefined;
  #token: string | undefined;
  #asking: Promise<string> | undefined;
  /** The token came in place of a refused one, and nothing has been answered with it yet. */
  #isUnproven = false;

  constructor(source: string | TokenSource | undefined) {
    this.#source = source;
    if (typeof source === "string") this.#token = source;
  }

  get kind(): "none" | "text" | "function" {
    if (this.#source === undefined) return "none";
    return typeof this.#source === "string" ? "text" : "function";
  }

  /** When the token stopped being valid, where it says so itself, as a JWT does. */
  get expiredAt(): Date | undefined {
    const expiry = expiryOf(this.#token);
    return expiry !== undefined && expiry.getTime() <= Date.now() ? expiry : undefined;
  }

  /** What a request carries. @throws SPARK_AUTHENTICATION_FAILED, INVALID_OPTION as `askToken` does. */
  async token(opensConnection: boolean): Promise<string | undefined> {
    if (typeof this.#source !== "function") return this.#token;
    return opensConnection || this.#token === undefined ? this.#ask(this.#source) : this.#token;
  }

  accepted(token: string | undefined): void {
    if (token === this.#token) this.#isUnproven = false;
  }

  /** Whether a request that was refused with `token` is worth another try. @throws as `token` does. */
  async renew(token: string): Promise<boolean> {
    if (typeof this.#source !== "function") return false;
    // Another request that was refused has seen to it.
    if (this.#asking === undefined && token !== this.#token) return true;
    if (this.#isUnproven) return false;
    if ((await this.#ask(this.#source)) === token) return false;
    this.#isUnproven = true;
    return true;
  }

  /** Once for all requests that wait for it. */
  #ask(source: TokenSource): Promise<string> {
    this.#asking ??= askToken(source, "spark.token", "SPARK_AUTHENTICATION_FAILED")
      .then((token) => {
        this.#token = token;
        return token;
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }
}

function expiryOf(token: string | undefined): Date | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token ?? "")?.[1];
  if (payload === undefined) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp?: unknown };
    return typeof exp === "number" && Number.isFinite(exp) ? new Date(exp * 1_000) : undefined;
  } catch {
    return undefined;
  }
}
