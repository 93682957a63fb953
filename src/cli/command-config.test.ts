import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { selfSigned } from "../../test/support/self-signed.ts";
import { temporaryDirectory } from "../../test/support/temporary-directory.ts";
import { UsageError } from "./arguments.ts";
import { type ClientSettings, clientSettings } from "./command-config.ts";
import { javaProperties } from "./java-properties.ts";

function settingsOf(t: TestContext, text: string, brokers = "a:1"): ClientSettings {
  const file = join(temporaryDirectory(t), "client.properties");
  writeFileSync(file, text);
  return clientSettings({ "command-config": file, brokers });
}

const { cert, key } = selfSigned();
const oneLine = (pem: string): string => pem.trim().replaceAll("\n", "\\n");

test("properties are read as Java reads them", () => {
  const text = `# a comment
! another
a=1
b : two words \n  c three
d\\ e = f\\u00e9\\n
long = begins \\
       goes on
empty=
`;
  assert.deepEqual(
    javaProperties(text).map(({ key: name, value }) => [name, value]),
    [
      ["a", "1"],
      ["b", "two words "],
      ["c", "three"],
      ["d e", "f\u00e9\n"],
      ["long", "begins goes on"],
      ["empty", ""],
    ],
  );
});

test("a user and a password for SASL over TLS, with an authority as PEM", (t) => {
  const settings = settingsOf(
    t,
    `security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
  username="alice" password="a\\\\"b;c";
ssl.truststore.type=PEM
ssl.truststore.certificates=${oneLine(cert)}
client.id=tools
request.timeout.ms=5000
`,
  );
  assert.deepEqual(settings, {
    brokers: ["a:1"],
    clientId: "tools",
    requestTimeoutMs: 5_000,
    tls: { ca: cert.trim() },
    sasl: { mechanism: "SCRAM-SHA-512", username: "alice", password: 'a"b;c' },
  });
});

test("certificates and keys in files, and brokers where the command names none", (t) => {
  const file = join(temporaryDirectory(t), "store.pem");
  writeFileSync(file, key + cert);
  const { tls } = settingsOf(
    t,
    `security.protocol=ssl\nssl.keystore.type=PEM\nssl.keystore.location=${file}\nssl.truststore.type=PEM\nssl.truststore.location=${file}\n`,
  );
  assert.deepEqual(tls, { ca: key + cert, cert: key + cert, key: key + cert });
  const config = join(temporaryDirectory(t), "brokers.properties");
  writeFileSync(config, "bootstrap.servers=b:1,c:2\n");
  assert.deepEqual(clientSettings({ "command-config": config }), { brokers: ["b:1", "c:2"] });
  assert.deepEqual(clientSettings({ "command-config": config, brokers: "a:1" }), { brokers: ["a:1"] });
});

test("an identity provider, as Kafka's tools have it", (t) => {
  const { sasl } = settingsOf(
    t,
    `security.protocol=SASL_PLAINTEXT
sasl.mechanism=OAUTHBEARER
sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler
sasl.oauthbearer.token.endpoint.url=https://id.example/token
sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId='job' clientSecret=s3cret scope="kafka";
`,
  );
  const oidc = { tokenEndpoint: "https://id.example/token", clientId: "job", clientSecret: "s3cret", scope: "kafka" };
  assert.deepEqual(sasl, { mechanism: "OAUTHBEARER", oidc });
});

test("what is misspelt, missing or not supported is refused by its name, with what to do and without secrets", (t) => {
  const plain = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n";
  for (const [text, message] of [
    ["securty.protocol=SSL", /line 1: unknown property securty\.protocol; did you mean security\.protocol\?$/],
    ["security.protocol=TLS", /security\.protocol must be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL, not TLS$/],
    ["security.protocol=SASL_SSL", /sasl\.mechanism is missing/],
    ["security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI", /sasl\.mechanism GSSAPI is not supported; use PLAIN/],
    [plain, /sasl\.jaas\.config is missing$/],
    [`${plain}sasl.jaas.config=s3cret`, /sasl\.jaas\.config must read: MODULE required/],
    [`${plain}sasl.jaas.config=a.B required username="s3cret";`, /has no password, which PLAIN needs$/],
    [
      "security.protocol=SSL\nssl.truststore.location=t.jks",
      /ssl\.truststore\.type is JKS, which Java alone reads; set it to PEM and convert the file \(keytool /,
    ],
    [
      "security.protocol=SSL\nssl.keystore.type=PKCS12\nssl.keystore.location=t.p12",
      /ssl\.keystore\.type is PKCS12, .*openssl pkcs12/,
    ],
    [
      "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=none.pem",
      /none\.pem cannot be read \(ENOENT\)$/,
    ],
    ["request.timeout.ms=soon", /request\.timeout\.ms must be milliseconds, not soon$/],
  ] as const) {
    assert.throws(
      () => settingsOf(t, text),
      (error: Error) => {
        assert.ok(error instanceof UsageError, String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      },
    );
  }
  assert.throws(() => clientSettings({ "command-config": "nowhere.properties" }), {
    message: "--command-config: nowhere.properties cannot be read (ENOENT)",
  });
});
