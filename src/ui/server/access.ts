import type { IncomingHttpHeaders } from "node:http";
import { networkInterfaces } from "node:os";
import { isLoopback } from "../../runtime/net/listening.ts";
import { isSameSecret } from "../../runtime/net/same-secret.ts";
import type { CheckedUIOptions } from "../ui-options.ts";
import { type Answer, redirect, text } from "./answer.ts";

/** Holds the token of a browser that was given it once. A browser sends a host's cookies to all of its ports, and each job has its own. */
const cookieName = (port: number | undefined): string => `dstream-token-${port}`;

/** A request as far as it decides who may ask. */
export interface Asked {
  readonly method: string | undefined;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** Of this server. */
  readonly port: number | undefined;
}

/** Decides who may ask. A page of another site may not, whatever name it gives this address (DNS rebinding), nor use it by a form. */
export class Access {
  readonly #host: string;
  readonly #allowed: ReadonlySet<string>;
  readonly #token: string | undefined;

  constructor({ host, allowedHosts, token }: Pick<CheckedUIOptions, "host" | "allowedHosts" | "token">) {
    this.#host = host.toLowerCase();
    this.#allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
    this.#token = token;
  }

  /** The refusal; undefined for who may ask. Health needs no token: probes have none, and it shows no data. */
  refusal({ method, url, headers, port }: Asked): Answer | undefined {
    if (method !== "GET" && method !== "HEAD") return text(405, "only GET and HEAD", { allow: "GET, HEAD" });
    const host = hostOf(headers.host);
    if (host === undefined || !this.#isKnown(host)) {
      return text(403, `the Host of the request is none of this server's: give it in ui.allowedHosts to let it in`);
    }
    const { origin } = headers;
    if (origin !== undefined && !isSameOrigin(origin, headers.host))
      return text(403, "pages of other sites may not ask");
    if (this.#token === undefined || url.pathname.startsWith("/health/")) return undefined;
    return this.#withoutToken(url, headers, this.#token, cookieName(port));
  }

  #withoutToken(
    url: URL,
    { authorization, cookie }: IncomingHttpHeaders,
    token: string,
    name: string,
  ): Answer | undefined {
    const given = url.searchParams.get("token");
    if (given !== null && isSameSecret(given, token)) {
      url.searchParams.delete("token");
      const kept = `${name}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`;
      return redirect(`${url.pathname}${url.search}`, { "set-cookie": kept });
    }
    const bearer = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
    const known = [bearer, cookieValue(cookie, name)].filter((value) => value !== undefined);
    if (known.some((value) => isSameSecret(value, token))) return undefined;
    return text(401, "the token is missing or wrong", { "www-authenticate": "Bearer" });
  }

  #isKnown(host: string): boolean {
    if (isLoopback(host) || host === this.#host || this.#allowed.has(host)) return true;
    return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === host));
  }
}

/** The name or address of a Host header, in lower case, without port and brackets. */
function hostOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([^\s:/?#@[\]]+))(?::\d{1,5})?$/i.exec(header ?? "");
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function cookieValue(cookie: string | undefined, name: string): string | undefined {
  const part = cookie?.split(/; */).find((each) => each.startsWith(`${name}=`));
  if (part === undefined) return undefined;
  try {
    return decodeURIComponent(part.slice(name.length + 1));
  } catch {
    return undefined;
  }
}
