import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { refused, type SaslSteps } from "./sasl-mechanism.ts";

// SCRAM (RFC 5802) without channel binding. Kafka makes a user's keys of the password's UTF-8 as it is, without SASLprep, so that is
// what a client has to do, too: normalizing would lock out passwords that it changes.

export type ScramHash = "sha256" | "sha512";

/** Kafka's own bounds are 4,096 and 16,384; fewer make a stolen exchange easy to break, more could be made to keep a client busy. */
const iterations = { least: 4_096, most: 1_000_000 };

/** `nonce`: a text without commas that nobody can foresee. @throws AUTHENTICATION_FAILED where the broker's messages are not those of one that knows the password. */
export async function* scram(
  hash: ScramHash,
  { username, password }: { username: string; password: string },
  nonce: string,
): SaslSteps {
  const first = `n=${username.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  const serverFirst = (yield Buffer.from(`n,,${first}`)).toString();
  const { r = "", s = "", i = "" } = attributes(serverFirst);
  const count = /^\d{1,9}$/.test(i) ? Number(i) : 0;
  if (!r.startsWith(nonce) || r === nonce) throw refused("the broker's part of the nonce is missing", "sasl");
  if (s === "" || count < iterations.least || count > iterations.most) {
    const text = `the broker asks for ${i} iterations of the password's hash, allowed are ${iterations.least} to ${iterations.most}`;
    throw refused(text, "sasl");
  }
  // Not in a thread, whose end would come at any time: what Kafka allows takes some milliseconds.
  const salted = pbkdf2Sync(password, Buffer.from(s, "base64"), count, hashBytes[hash], hash);
  const final = `c=${Buffer.from("n,,").toString("base64")},r=${r}`;
  const exchange = `${first},${serverFirst},${final}`;
  const clientKey = hmac(hash, salted, "Client Key");
  const signature = hmac(hash, createHash(hash).update(clientKey).digest(), exchange);
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] as number));
  const serverFinal = (yield Buffer.from(`${final},p=${Buffer.from(proof).toString("base64")}`)).toString();
  const expected = hmac(hash, hmac(hash, salted, "Server Key"), exchange);
  const { v = "", e } = attributes(serverFinal);
  if (e !== undefined) throw refused(`the broker refused the credentials (${e.slice(0, 100)})`, "sasl");
  const seen = Buffer.from(v, "base64");
  if (seen.length !== expected.length || !timingSafeEqual(seen, expected)) {
    throw refused("the broker could not prove that it knows the password: it may be somebody else's", "sasl");
  }
}

const hashBytes: Readonly<Record<ScramHash, number>> = { sha256: 32, sha512: 64 };

function hmac(hash: ScramHash, key: Uint8Array, text: string): Buffer {
  return createHmac(hash, key).update(text).digest();
}

/** "r=…,s=…,i=…" by letter. */
function attributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
}
