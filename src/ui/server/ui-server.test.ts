import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { type TestContext, test } from "node:test";
import { checkUIOptions, type UIOptions } from "../ui-options.ts";
import { json } from "./answer.ts";
import { UIServer } from "./ui-server.ts";

async function served(
  t: TestContext,
  options: UIOptions = {},
): Promise<{ server: UIServer; port: number; failures: string[] }> {
  const failures: string[] = [];
  const server = new UIServer(checkUIOptions({ port: 0, ...options }), {
    answer: ({ pathname }) => {
      if (pathname === "/broken") throw new Error("a secret of the program");
      return pathname === "/there" || pathname.startsWith("/health/") ? json({ here: true }) : undefined;
    },
    firstEvents: () => [{ event: "news", data: { first: true } }],
    failed: (text) => void failures.push(text),
  });
  await server.start();
  t.after(() => server.close());
  return { server, port: Number(new URL(server.url as string).port), failures };
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function ask(port: number, path: string, headers: OutgoingHttpHeaders = {}, method = "GET"): Promise<Reply> {
  const asked = httpRequest({ host: "127.0.0.1", port, path, headers, method, agent: false }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const chunks = await response.setEncoding("utf8").toArray();
  return { status: response.statusCode, headers: response.headers, body: chunks.join("") };
}

test("what is there is answered, what is not is 404, and both forbid all that pages of others could do with it", async (t) => {
  const { port } = await served(t);
  const there = await ask(port, "/there");
  const missing = await ask(port, "/nowhere");
  assert.deepEqual([there.status, there.body, missing.status], [200, '{"here":true}', 404]);
  for (const { headers } of [there, missing]) {
    assert.match(
      String(headers["content-security-policy"]),
      /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/,
    );
    assert.deepEqual(
      [headers["x-content-type-options"], headers["cache-control"], headers["access-control-allow-origin"]],
      ["nosniff", "no-store", undefined],
    );
  }
});

test("only a Host of this server is answered, so that no name that a page was given leads here", async (t) => {
  const { port } = await served(t, { allowedHosts: ["jobs.example"] });
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const status = async (host: string): Promise<number | undefined> => (await ask(port, "/there", { host })).status;
  const good = ["localhost", `127.0.0.1:${port}`, "[::1]", "jobs.example:80", "JOBS.example"];
  const addresses = own.filter(({ family }) => family === "IPv4").map(({ address }) => `${address}:1`);
  for (const host of [...good, ...addresses]) assert.equal(await status(host), 200, host);
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "1.2.3.4"]) {
    assert.equal(await status(host), 403, host);
  }
});

test("a page of another origin may not ask, one of this server may", async (t) => {
  const { port } = await served(t);
  const host = `localhost:${port}`;
  const status = async (origin: string): Promise<number | undefined> =>
    (await ask(port, "/there", { host, origin })).status;
  assert.equal(await status(`http://${host}`), 200);
  for (const origin of ["http://evil.example", "null", `http://localhost:${port + 1}`, `http://127.0.0.1:${port}`]) {
    assert.equal(await status(origin), 403, origin);
  }
});

test("with a token everything but health needs it: as a bearer, or as a cookie that a browser got for it", async (t) => {
  const { port } = await served(t, { token: "secret+/=" });
  const status = async (headers: OutgoingHttpHeaders, path = "/there"): Promise<number | undefined> =>
    (await ask(port, path, headers)).status;
  assert.equal(await status({}), 401);
  assert.equal(await status({ authorization: "Bearer wrong" }), 401);
  assert.equal(await status({ authorization: "Bearer secret+/=" }), 200);
  assert.equal(await status({}, "/health/ready"), 200);
  assert.equal(await status({}, "/?token=wrong"), 401);
  const { status: code, headers, body } = await ask(port, `/there?x=1&token=${encodeURIComponent("secret+/=")}`);
  assert.deepEqual([code, headers.location, body], [303, "/there?x=1", ""]);
  const cookie = String(headers["set-cookie"]).split(";")[0] as string;
  assert.match(String(headers["set-cookie"]), /HttpOnly; SameSite=Strict$/);
  assert.equal(await status({ cookie: `other=1; ${cookie}` }), 200);
  assert.equal(await status({ cookie: `dstream-token-${port}=%` }), 401);
});

test("a browser may be shown two jobs of one host: the cookie of one is not that of the other", async (t) => {
  const [one, two] = [await served(t, { token: "first" }), await served(t, { token: "second" })];
  const cookieOf = async ({ port }: { readonly port: number }, token: string): Promise<string> => {
    const { headers } = await ask(port, `/?token=${token}`);
    return String(headers["set-cookie"]).split(";")[0] as string;
  };
  const cookies = [await cookieOf(one, "first"), await cookieOf(two, "second")];
  const names = cookies.map((cookie) => cookie.split("=")[0]);
  assert.deepEqual(names, [`dstream-token-${one.port}`, `dstream-token-${two.port}`]);
  for (const { port } of [one, two])
    assert.equal((await ask(port, "/there", { cookie: cookies.join("; ") })).status, 200);
});

test("nothing is changed: other methods are 405, and a body that comes anyway is not read", async (t) => {
  const { port } = await served(t);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const { status, headers } = await ask(port, "/there", { "content-length": 0 }, method);
    assert.deepEqual([status, headers.allow], [405, "GET, HEAD"], method);
  }
  const head = await ask(port, "/there", {}, "HEAD");
  assert.deepEqual([head.status, head.body, head.headers["content-length"]], [200, "", "13"]);
});

test("a target that is no path is 400, and headers that are too large are 431", async (t) => {
  const { port } = await served(t);
  assert.equal((await ask(port, "http://evil.example/there")).status, 400);
  assert.equal((await ask(port, "//evil.example/there")).status, 400);
  assert.equal((await ask(port, `/there?${"x".repeat(20_000)}`)).status, 431);
});

test("what fails in the page says nothing of its insides to whoever asked", async (t) => {
  const { port, failures } = await served(t);
  const { status, body } = await ask(port, "/broken");
  assert.equal(status, 500);
  assert.doesNotMatch(body, /secret/);
  assert.deepEqual(failures, ["the page's /broken failed: Error: a secret of the program"]);
});

test("a client that sends its request drop by drop is cut off", async (t) => {
  const { port } = await served(t);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const start = performance.now();
  socket.write("GET /there HTTP/1.1\r\n");
  const dripping = setInterval(() => socket.write("x"), 500);
  t.after(() => clearInterval(dripping));
  socket.resume();
  await once(socket, "close");
  assert.ok(performance.now() - start < 12_000);
});

test("a client that connects and sends nothing is cut off", async (t) => {
  const { port } = await served(t);
  const socket = connect(port, "127.0.0.1").resume();
  socket.on("error", () => {});
  await once(socket, "connect");
  const start = performance.now();
  await once(socket, "close");
  assert.ok(performance.now() - start < 12_000);
});

test("who listens is told at once how things are, then all news, and the end when the server closes", async (t) => {
  const { server, port } = await served(t);
  const asked = httpRequest({ host: "127.0.0.1", port, path: "/api/v1/events", agent: false }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  assert.equal(response.headers["content-type"], "text/event-stream");
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("first") && server.events.numClients === 1 && !text.includes("second")) {
      server.events.send({ event: "news", data: { second: true } });
    } else if (text.includes("second")) void server.close();
  });
  await once(response, "end");
  assert.equal(text, 'retry: 1000\n\nevent: news\ndata: {"first":true}\n\nevent: news\ndata: {"second":true}\n\n');
});

test("who listens and does not read is cut off when 4 MiB wait", async (t) => {
  const { server, port } = await served(t);
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.pause();
  await once(socket, "connect");
  socket.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const text = "x".repeat(1024 * 1024);
  let sent = 0;
  while (server.events.numClients > 0 || sent === 0) {
    if (server.events.numClients > 0) sent++;
    assert.ok(sent < 40, "it is not cut off");
    server.events.send({ event: "news", data: text });
    await new Promise(setImmediate);
  }
  assert.ok(sent > 4, `cut off after ${sent} MiB`);
});

test("more pages than may listen are told to come again", async (t) => {
  const { server, port } = await served(t);
  const listening = Array.from({ length: 64 }, () =>
    httpRequest({ host: "127.0.0.1", port, path: "/api/v1/events", agent: false }).end(),
  );
  await Promise.all(listening.map((asked) => once(asked, "response")));
  const { status, headers } = await ask(port, "/api/v1/events");
  assert.deepEqual([status, headers["retry-after"], server.events.numClients], [503, "10", 64]);
  for (const asked of listening) asked.on("error", () => {}).destroy();
});

test("a port that is taken gives way to the next; 17 in a row that are taken are an error that names them", async (t) => {
  const { port } = await served(t);
  const next = await served(t, { port });
  assert.equal(next.port > port && next.port <= port + 16, true);
  const others: UIServer[] = [];
  t.after(() => Promise.all(others.map((server) => server.close())));
  let refusal: unknown;
  while (refusal === undefined && others.length < 20) {
    const server = new UIServer(checkUIOptions({ port }), {
      answer: () => undefined,
      firstEvents: () => [],
      failed() {},
    });
    others.push(server);
    refusal = await server.start().then(
      () => undefined,
      (error: unknown) => error,
    );
  }
  const { code, message } = refusal as { code: string; message: string };
  assert.equal(code, "PORT_IN_USE");
  assert.match(message, new RegExp(`the ports ${port} to ${port + 16} of 127\\.0\\.0\\.1 are in use`));
});

test("an address that others reach needs a token, and options that are not known are named", () => {
  const codeOf = (options: object): string => {
    try {
      checkUIOptions(options);
      return "none";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  assert.equal(codeOf({ host: "0.0.0.0" }), "INVALID_OPTION");
  assert.equal(codeOf({ host: "0.0.0.0", token: "t" }), "none");
  assert.equal(codeOf({ token: "" }), "INVALID_OPTION");
  assert.equal(codeOf({ port: 70_000 }), "INVALID_OPTION");
  assert.equal(codeOf({ prot: 1 }), "UNKNOWN_OPTION");
  assert.equal(codeOf({ showState: "yes" }), "INVALID_OPTION");
});
