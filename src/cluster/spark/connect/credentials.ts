// What a session's requests show of themselves: the token and further headers. Functions are asked for theirs when a connection is opened,
// and again when the server refuses what it was shown: a request that was refused is then made again, like one that the network broke.

import { Code, type ConnectError } from "@connectrpc/connect";
import { askToken, type TokenSource } from "../../../runtime/ask-token.ts";
import { thisMachine } from "../../../runtime/machine/machine.ts";
import type { SparkConnectionOptions } from "./connection-options.ts";

const bearer = "Bearer ";

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

/** What a request shows, by the names of headers. */
export type Shown = ReadonlyMap<string, string>;

/** A header that is asked for. */
interface Asked {
  readonly name: string;
  /** "spark.token", for messages. */
  readonly option: string;
  readonly source: TokenSource;
  readonly prefix: string;
}

export class Credentials {
  readonly #asked: readonly Asked[];
  readonly #fixed: Shown;
  readonly #token: SparkConnectionOptions["token"];
  #shown: Shown | undefined;
  #asking: Promise<Shown> | undefined;
  /** What is shown came in place of what was refused, and nothing has been answered with it yet. */
  #isUnproven = false;

  constructor(token: SparkConnectionOptions["token"], headers: ReadonlyMap<string, string | TokenSource>) {
    this.#token = token;
    const texts = new Map<string, string>();
    const asked: Asked[] = [];
    for (const [name, value] of headers) {
      if (typeof value === "string") texts.set(name, value);
      else asked.push({ name, option: `spark.headers["${name}"]`, source: value, prefix: "" });
    }
    if (typeof token === "string") texts.set("authorization", bearer + token);
    else if (token !== undefined) {
      asked.push({ name: "authorization", option: "spark.token", source: token, prefix: bearer });
    }
    this.#fixed = texts;
    this.#asked = asked;
    if (asked.length === 0) this.#shown = texts;
  }

  get kind(): "none" | "headers" | "text" | "function" {
    if (this.#asked.length > 0) return "function";
    if (this.#token !== undefined) return "text";
    return this.#fixed.size > 0 ? "headers" : "none";
  }

  /** When the token stopped being valid, where it says so itself, as a JWT does. */
  get expiredAt(): Date | undefined {
    const expiry = expiryOf(this.#shown?.get("authorization")?.slice(bearer.length));
    return expiry !== undefined && expiry.getTime() <= Date.now() ? expiry : undefined;
  }

  /** What a request carries. @throws SPARK_AUTHENTICATION_FAILED, INVALID_OPTION as `askToken` does. */
  async headers(opensConnection: boolean): Promise<Shown> {
    const known = this.#shown;
    return known === undefined || (opensConnection && this.#asked.length > 0) ? this.#ask() : known;
  }

  accepted(shown: Shown): void {
    if (shown === this.#shown) this.#isUnproven = false;
  }

  /** Whether a request that was refused with this is worth another try. @throws as `headers` does. */
  async renew(refused: Shown): Promise<boolean> {
    if (this.#asked.length === 0) return false;
    // Another request that was refused has seen to it.
    if (this.#asking === undefined && refused !== this.#shown) return true;
    if (this.#isUnproven) return false;
    const renewed = await this.#ask();
    if ([...renewed].every(([name, value]) => refused.get(name) === value)) return false;
    this.#isUnproven = true;
    return true;
  }

  /** Once for all requests that wait for it. */
  #ask(): Promise<Shown> {
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askAll(): Promise<Shown> {
    const values = this.#asked.map(async ({ name, option, source, prefix }): Promise<[string, string]> => {
      return [name, prefix + (await askToken(source, option, "SPARK_AUTHENTICATION_FAILED", thisMachine.timers))];
    });
    this.#shown = new Map([...this.#fixed, ...(await Promise.all(values))]);
    return this.#shown;
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
