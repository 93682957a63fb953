import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import { selfSigned } from "../../../test/support/self-signed.ts";
import type { KafkaConnection } from "../types.ts";
import { checkConnection } from "./check-connection.ts";

const { key, cert } = selfSigned();
const locked = createPrivateKey(key).export({
  type: "pkcs8",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "right",
});

test("certificates and keys that belong together are taken, as texts, bytes and lists", () => {
  checkConnection({ tls: { ca: [cert, Buffer.from(cert)], cert, key } });
  checkConnection({
    tls: { cert, key: locked, passphrase: "right", servername: "kafka.example", rejectUnauthorized: true },
  });
  checkConnection({ tls: true });
});

for (const [what, tls, option, message] of [
  [
    "a wrong passphrase",
    { cert, key: locked, passphrase: "wrong" },
    "tls.passphrase",
    /tls\.passphrase does not open tls\.key/,
  ],
  ["a passphrase that is missing", { cert, key: locked }, "tls.passphrase", /tls\.passphrase does not open tls\.key/],
  [
    "the key of another certificate",
    { cert, key: selfSigned().key },
    "tls.key",
    /tls\.key is not the key of tls\.cert/,
  ],
  [
    "the path of a file",
    { ca: "ca.pem" },
    "tls.ca",
    /tls\.ca must be PEM text .*, not another text; of a file, what readFileSync gives/,
  ],
  ["a version that there is none of", { minVersion: "TLSv9" }, "tls", /ERR_TLS_INVALID_PROTOCOL_VERSION/],
  ["a number", 5, "tls", /tls must be true, false or options of node:tls, not 5/],
] as const) {
  test(`${what} is INVALID_OPTION of ${option} at the call that gives it`, () => {
    assert.throws(
      () => checkConnection({ tls } as unknown as KafkaConnection),
      (error: Error & { code: string; data: { option: string } }) => {
        assert.deepEqual([error.code, error.data.option], ["INVALID_OPTION", option], error.message);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /wrong|right/);
        return true;
      },
    );
  });
}

test("a misspelt option of tls is UNKNOWN_OPTION", () => {
  assert.throws(() => checkConnection({ tls: { ceert: cert } }), {
    code: "UNKNOWN_OPTION",
    message: '[UNKNOWN_OPTION] tls has no option "ceert"; did you mean "cert"?',
  });
});
