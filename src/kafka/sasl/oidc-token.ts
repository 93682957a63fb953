import { DStreamError } from "../../errors/dstream-error.ts";
import { reasonOf } from "../../errors/shown/thrown.ts";
import { type TokenSource, tokenTimeoutMs } from "../../runtime/ask-token.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { OidcOptions } from "../types.ts";

/** A token is used for this part of its life: sessions, which end with their token, are renewed after 75 % of theirs. */
const usedPart = 0.7;
/** Of an answer: a token may be large, and nothing else belongs in there. */
const answerBytesMax = 64 * 1024;
/** Where the answer does not say how long a token lives. */
const defaultLifetimeSeconds = 60;

interface Token {
  readonly text: string;
  readonly usedUntil: number;
}

/** By the options, so that all connections of a client share a token, and one request for it. */
const tokens = new WeakMap<OidcOptions, { current?: Token; asking?: Promise<Token> | undefined }>();

/** Tokens that an identity provider gives for a client's id and secret (OAuth 2.0, client credentials), each for most of its life. */
export function oidcTokens(options: OidcOptions, timers: Timers): TokenSource {
  return async () => {
    const known = tokens.get(options) ?? {};
    tokens.set(options, known);
    if (known.current !== undefined && timers.elapsed() < known.current.usedUntil) return known.current.text;
    known.asking ??= askForToken(options, timers).finally(() => {
      known.asking = undefined;
    });
    known.current = await known.asking;
    return known.current.text;
  };
}

/** @throws AUTHENTICATION_FAILED: for good where the provider refuses the client, else one that may pass. */
async function askForToken(
  { tokenEndpoint, clientId, clientSecret, scope }: OidcOptions,
  timers: Timers,
): Promise<Token> {
  const place = new URL(tokenEndpoint).host;
  const credentials = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  const form = new URLSearchParams({ grant_type: "client_credentials", ...(scope !== undefined && { scope }) });
  const askedAt = timers.elapsed();
  const late = new AbortController();
  const timer = timers
    .after(tokenTimeoutMs, () => late.abort(new Error("The operation was aborted due to timeout")))
    .unref();
  let status: number;
  let body: string;
  try {
    const answer = await fetch(tokenEndpoint, {
      method: "POST",
      headers: {
        accept: "application/json",
        authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: form.toString(),
      // Elsewhere the secret is nobody's business.
      redirect: "error",
      signal: late.signal,
    });
    status = answer.status;
    body = await bounded(answer);
  } catch (thrown) {
    throw noToken(`the token endpoint ${place} cannot be reached (${reasonOf(thrown)})`, true, thrown);
  } finally {
    timer.cancel();
  }
  const { access_token: text, expires_in: lifetime, error } = fieldsOf(body);
  if (status !== 200) {
    const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
    const said = typeof error === "string" && /^[\w.-]{1,60}$/.test(error) ? `, ${error}` : "";
    const advice = isRefusal ? "; check clientId, clientSecret and scope" : "";
    throw noToken(`the token endpoint ${place} answered HTTP ${status}${said}${advice}`, !isRefusal);
  }
  if (typeof text !== "string") throw noToken(`the answer of the token endpoint ${place} has no access_token`, false);
  const seconds = Number(lifetime) > 0 ? Number(lifetime) : defaultLifetimeSeconds;
  return { text, usedUntil: askedAt + seconds * 1_000 * usedPart };
}

async function bounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw new Error(`an answer of more than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(body);
    return typeof fields === "object" && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function noToken(text: string, retryable: boolean, cause?: unknown): DStreamError {
  return new DStreamError("AUTHENTICATION_FAILED", `sasl.oidc: ${text}`, {
    cause,
    retryable,
    data: { option: "sasl.oidc" },
  });
}
