import { createSign, generateKeyPairSync } from "node:crypto";

/** Makes tokens as an identity provider does (JWT, RS256), and what a broker needs to judge them. */
export class SignedTokens {
  readonly issuer = "https://issuer.example";
  readonly audience = "kafka";
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

  /** The public key as a JSON Web Key Set. */
  get keySet(): string {
    const key = { ...this.#keys.publicKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "RS256" };
    return JSON.stringify({ keys: [key] });
  }

  /** The private key as PEM, for a program that makes its own. */
  get privateKey(): string {
    return this.#keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  }

  /** A token that is valid for so long. */
  token(user: string, validForMs = 60_000): string {
    return signedToken(this.privateKey, { issuer: this.issuer, audience: this.audience, user, validForMs });
  }
}

export function signedToken(
  privateKey: string,
  { issuer, audience, user, validForMs }: { issuer: string; audience: string; user: string; validForMs: number },
): string {
  const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: issuer, aud: audience, sub: user, scope: "kafka", iat: now, exp: now + validForMs / 1_000 };
  const signed = `${encoded({ alg: "RS256", typ: "JWT", kid: "1" })}.${encoded(claims)}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(privateKey, "base64url")}`;
}
