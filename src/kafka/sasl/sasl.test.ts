import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { thisMachine } from "../../runtime/machine/machine.ts";
import type { KafkaSasl } from "../types.ts";
import { checkSasl, mechanismOf } from "./mechanisms.ts";
import { oauthBearer } from "./oauth-bearer.ts";
import { oidcTokens } from "./oidc-token.ts";
import { plain } from "./plain.ts";
import type { SaslSteps } from "./sasl-mechanism.ts";
import { scram } from "./scram.ts";

const { timers } = thisMachine;

/** What a client says when a broker answers with these. */
async function said(steps: SaslSteps, ...answers: string[]): Promise<string[]> {
  const messages: string[] = [];
  for (
    let step = await steps.next(Buffer.alloc(0));
    !step.done;
    step = await steps.next(Buffer.from(answers.shift() ?? ""))
  ) {
    messages.push(step.value.toString());
  }
  return messages;
}

const refused = { code: "AUTHENTICATION_FAILED", retryable: false };

test("PLAIN says name and password", async () => {
  assert.deepEqual(await said(plain({ username: "tim", password: "tanstaaf" })), ["\0tim\0tanstaaf"]);
});

// The exchange of RFC 7677, section 3.
const user = { username: "user", password: "pencil" };
const nonce = "rOprNGfwEbeRWgbNEkqO";
const serverFirst = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

test("SCRAM-SHA-256 is that of RFC 7677", async () => {
  assert.deepEqual(await said(scram("sha256", user, nonce), serverFirst, serverFinal), [
    `n,,n=user,r=${nonce}`,
    `c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
  ]);
});

test("SCRAM spells equals signs and commas of a name as RFC 5802 wants it", async () => {
  const steps = scram("sha512", { username: "a=b,c", password: "x" }, "nonce");
  assert.equal((await steps.next(Buffer.alloc(0))).value?.toString(), "n,,n=a=3Db=2Cc,r=nonce");
});

for (const [what, first, final, message] of [
  [
    "another signature than the password gives",
    serverFirst,
    "v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    /could not prove that it knows the password/,
  ],
  ["no signature", serverFirst, "", /could not prove/],
  ["an error", serverFirst, "e=invalid-proof", /refused the credentials \(invalid-proof\)/],
  ["a nonce of its own", serverFirst.replace(nonce, "other"), serverFinal, /part of the nonce is missing/],
  [
    "the client's nonce alone",
    serverFirst.replace("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""),
    serverFinal,
    /part of the nonce is missing/,
  ],
  [
    "few iterations",
    serverFirst.replace("4096", "4095"),
    serverFinal,
    /asks for 4095 iterations .* allowed are 4096 to 1000000/,
  ],
  ["a billion iterations", serverFirst.replace("4096", "999999999"), serverFinal, /asks for 999999999 iterations/],
  ["a number that is none", serverFirst.replace("4096", "1e9"), serverFinal, /asks for 1e9 iterations/],
] as const) {
  test(`a broker that answers SCRAM with ${what} is not believed`, async () => {
    await assert.rejects(said(scram("sha256", user, nonce), first, final), { ...refused, message });
  });
}

test("OAUTHBEARER says the token; a refusal is acknowledged, and its reason told without the token", async () => {
  assert.deepEqual(await said(oauthBearer(async () => "a.b.c", timers)), ["n,,\u0001auth=Bearer a.b.c\u0001\u0001"]);
  const steps = oauthBearer(() => "a.b.c", timers);
  await steps.next(Buffer.alloc(0));
  assert.equal((await steps.next(Buffer.from('{"status":"invalid_token"}'))).value?.toString(), "\u0001");
  await assert.rejects(steps.next(Buffer.alloc(0)), { ...refused, message: /refused the token \(invalid_token\)$/ });
});

test("a token function that throws may do better later; one that gives no token is a mistake", async () => {
  const cause = new Error("a secret");
  await assert.rejects(said(oauthBearer(() => Promise.reject(cause), timers)), {
    code: "AUTHENTICATION_FAILED",
    retryable: true,
    cause,
    message: "[AUTHENTICATION_FAILED] sasl.token gave no token; what it threw is the cause",
  });
  for (const token of ["", "a b", "a\u0001auth=x", undefined, 5]) {
    await assert.rejects(said(oauthBearer(() => token as string, timers)), {
      code: "INVALID_OPTION",
      retryable: false,
    });
  }
});

test("mechanisms are known in any case, and take their own options alone", () => {
  for (const mechanism of ["plain", "Plain", "scram-sha-256", "SCRAM-SHA-512"]) {
    checkSasl({ mechanism, username: "a", password: "b" });
    assert.equal(mechanismOf({ mechanism }).wireName, mechanism.toUpperCase());
  }
  checkSasl({ mechanism: "oauthbearer", token: () => "t" });
  checkSasl({ mechanism: "AWS_MSK_IAM", region: "eu-west-1" });
  const oidc = { tokenEndpoint: "https://id.example/token", clientId: "a", clientSecret: "b" };
  checkSasl({ mechanism: "OAUTHBEARER", oidc });
  for (const [sasl, code, message] of [
    [{ mechanism: "GSSAPI" }, "INVALID_OPTION", /sasl\.mechanism must be one of PLAIN, .*, not GSSAPI/],
    [{ mechanism: "toString" }, "INVALID_OPTION", /sasl\.mechanism/],
    [{ mechanism: "PLAIN", username: "a" }, "INVALID_OPTION", /sasl\.password/],
    [{ mechanism: "PLAIN", username: "a", passwort: "b" }, "UNKNOWN_OPTION", /did you mean "password"/],
    [{ mechanism: "PLAIN", username: "a", password: "b", token: () => "t" }, "UNKNOWN_OPTION", /no option "token"/],
    [{ mechanism: "OAUTHBEARER" }, "INVALID_OPTION", /one of token and oidc, not neither/],
    [{ mechanism: "OAUTHBEARER", token: "t" }, "INVALID_OPTION", /sasl\.token must be a function/],
    [
      { mechanism: "OAUTHBEARER", oidc: { ...oidc, tokenEndpoint: "id.example" } },
      "INVALID_OPTION",
      /tokenEndpoint must be a URL/,
    ],
    [
      { mechanism: "OAUTHBEARER", oidc: { ...oidc, secret: "b" } },
      "UNKNOWN_OPTION",
      /sasl\.oidc has no option "secret"/,
    ],
    [{ mechanism: "AWS_MSK_IAM" }, "INVALID_OPTION", /sasl\.region/],
  ] as const) {
    assert.throws(() => checkSasl(sasl as unknown as KafkaSasl), { code, message });
  }
});

test("AWS_MSK_IAM without its package says how it is installed", async () => {
  await assert.rejects(said(mechanismOf({ mechanism: "AWS_MSK_IAM", region: "eu-west-1" }).steps(thisMachine)), {
    code: "PACKAGE_MISSING",
    message:
      "[PACKAGE_MISSING] SASL AWS_MSK_IAM needs the package aws-msk-iam-sasl-signer-js: npm install aws-msk-iam-sasl-signer-js",
  });
});

/** A token endpoint that answers as the test says; what it was asked is noted. */
async function endpoint(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, asked: number) => void,
): Promise<{ url: string; asked: { authorization: string | undefined; body: string }[] }> {
  const asked: { authorization: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ authorization: request.headers.authorization, body });
    answer(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, asked };
}

const idClient = { clientId: "job one", clientSecret: "s3c:ret", scope: "kafka" };

test("a token of an identity provider is asked for once, and again when most of its life is over", async (t) => {
  const { url, asked } = await endpoint(t, (_, response, n) =>
    response.end(JSON.stringify({ access_token: `token-${n}`, expires_in: n === 1 ? 0.1 : 60 })),
  );
  const source = oidcTokens({ tokenEndpoint: url, ...idClient }, timers);
  assert.deepEqual(await Promise.all([source(), source(), source()]), ["token-1", "token-1", "token-1"]);
  await new Promise((resolve) => setTimeout(resolve, 110));
  assert.deepEqual([await source(), await source(), asked.length], ["token-2", "token-2", 2]);
  assert.deepEqual(asked[0], {
    authorization: `Basic ${Buffer.from("job%20one:s3c%3Aret").toString("base64")}`,
    body: "grant_type=client_credentials&scope=kafka",
  });
});

for (const [what, status, body, retryable, message] of [
  [
    "refuses the client",
    401,
    '{"error":"invalid_client"}',
    false,
    /answered HTTP 401, invalid_client; check clientId, clientSecret and scope$/,
  ],
  ["is overloaded", 503, "<html>", true, /answered HTTP 503$/],
  ["asks to come back", 429, "{}", true, /answered HTTP 429$/],
  ["answers without a token", 200, '{"token":"x"}', false, /has no access_token$/],
  [
    "sends more than a token may have",
    200,
    "x".repeat(100_000),
    true,
    /cannot be reached \(an answer of more than 65536 bytes\)$/,
  ],
] as const) {
  test(`a token endpoint that ${what} is AUTHENTICATION_FAILED, ${retryable ? "which may pass" : "for good"}`, async (t) => {
    const { url } = await endpoint(t, (_, response) => response.writeHead(status).end(body));
    await assert.rejects(async () => oidcTokens({ tokenEndpoint: url, ...idClient }, timers)(), {
      code: "AUTHENTICATION_FAILED",
      retryable,
      message,
    });
  });
}

test("the secret does not follow a token endpoint to another place", async (t) => {
  const elsewhere = await endpoint(t, (_, response) => response.end("{}"));
  const { url } = await endpoint(t, (_, response) => response.writeHead(307, { location: elsewhere.url }).end());
  await assert.rejects(async () => oidcTokens({ tokenEndpoint: url, ...idClient }, timers)(), {
    code: "AUTHENTICATION_FAILED",
  });
  assert.deepEqual(elsewhere.asked, []);
});
