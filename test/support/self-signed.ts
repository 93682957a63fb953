import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";

// A certificate for 127.0.0.1 and localhost, made when it is needed, so that no private key lies among the sources.

/** A value of DER, the form of certificates: its tag, its length, its bytes. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Buffer[]): Buffer => der(0x31, ...parts);
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const octets = (bytes: Buffer): Buffer => der(0x04, bytes);
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes);
const time = (date: Date): Buffer => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, "")));

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
const commonName = objectId("550403");
const subjectAltName = objectId("551d11");
const yes = der(0x01, Buffer.from([0xff]));
const authorityExtension = sequence(objectId("551d13"), yes, octets(sequence(yes)));

const hourMs = 3_600_000;

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Key and certificate as PEM; it is its own authority and valid for a day. */
export function selfSigned(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = `dstream test ${randomBytes(4).toString("hex")}`;
  return certificateOf({
    subject: name,
    issuer: name,
    publicKey,
    privateKey,
    signingKey: privateKey,
    from: Date.now(),
    host: undefined,
  });
}

/** One that a self-signed certificate is the authority of, valid for a day, or since an hour no more; `host`: for this name alone. */
export function signedBy(
  authority: Certificate,
  { isExpired = false, host }: { readonly isExpired?: boolean; readonly host?: string } = {},
): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const from = Date.now() - (isExpired ? 25 * hourMs : 0);
  // Names tell authorities apart: of two with the same one, clients send the wrong one along.
  const issuer = new X509Certificate(authority.cert).subject.replace("CN=", "");
  const signingKey = createPrivateKey(authority.key);
  return certificateOf({ subject: "dstream client", issuer, publicKey, privateKey, signingKey, from, host });
}

interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly from: number;
  readonly host: string | undefined;
}

function certificateOf({
  subject,
  issuer,
  publicKey,
  privateKey,
  signingKey,
  host,
  ...valid
}: CertificateParts): Certificate {
  const nameOf = (text: string): Buffer => sequence(set(sequence(commonName, der(0x0c, Buffer.from(text)))));
  const [from, until] = [valid.from - hourMs, valid.from + 24 * hourMs].map((at) => time(new Date(at)));
  // Java believes no certificate by one that does not say that it is an authority.
  const isAuthority = subject === issuer;
  const here = host === undefined ? [der(0x87, Buffer.from([127, 0, 0, 1]))] : [];
  const names = sequence(der(0x82, Buffer.from(host ?? "localhost")), ...here);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), randomBytes(8)),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(from as Buffer, until as Buffer),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(subjectAltName, octets(names)), ...(isAuthority ? [authorityExtension] : []))),
  );
  const whole = sequence(body, ecdsaWithSha256, bits(sign("sha256", body, signingKey)));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}
