import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { StreamingContext } from "../index.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { HttpReceiver, type HttpReceiverOptions } from "./http-receiver.ts";

interface Row {
  readonly n: number;
}

/** A job over a receiver that listens, and its rows by batch. */
async function listening(t: TestContext, options: Partial<HttpReceiverOptions> = {}, maxRate?: number) {
  const receiver = new HttpReceiver<Row>({ port: 0, ...options });
  const clock = new ManualClock();
  const limits = maxRate === undefined ? {} : { backpressure: { maxRate } };
  const ssc = new StreamingContext({ appName: "http", batchInterval: 1_000, clock, ...limits });
  t.after(() => ssc.stop());
  const batches: number[][] = [];
  const numbers = ssc.receiverStream(receiver).map((row) => row.n);
  numbers.foreachRDD(async (rdd) => void batches.push(await rdd.collect()));
  await ssc.start();
  while (receiver.address === undefined) await new Promise(setImmediate);
  const send = (body: string, headers: Record<string, string> = {}) =>
    fetch(`http://${receiver.address}/`, {
      method: "POST",
      body,
      headers: { "content-type": "application/x-ndjson", ...headers },
    });
  return { ssc, clock, batches, send, receiver };
}

test("a request is answered when the batch with its rows is committed; its rows are in one batch", async (t) => {
  const { batches, send, ssc, clock } = await listening(t);
  const answer = send('{"n":1}\n\n{"n":2}\r\n{"n":3}');
  let status: number | undefined;
  void answer.then((response) => {
    status = response.status;
  });
  while (batches.flat().length === 0) {
    assert.equal(status, undefined);
    await new Promise(setImmediate);
    await clock.advance(1_000);
  }
  const response = await answer;
  assert.deepEqual([response.status, await response.text()], [200, "3 rows are committed\n"]);
  await ssc.stop();
  assert.deepEqual(
    batches.filter((rows) => rows.length > 0),
    [[1, 2, 3]],
  );
});

test("a request with a line that is not JSON is refused as a whole, without repeating the line", async (t) => {
  const { batches, send, ssc, clock } = await listening(t);
  const response = await send('{"n":1}\nsecret\n');
  assert.deepEqual([response.status, await response.text()], [400, "line 2 is not JSON; no line was taken\n"]);
  await clock.advance(1_000);
  await ssc.stop();
  assert.deepEqual(batches, [[]]);
});

for (const [what, line] of [
  ["a property that no row can have", '{"n":2,"__proto__":{"n":3}}'],
  ["such a property further in, in other words", '{"n":[{"\\u005f_proto__":1}]}'],
  ["arrays in arrays without end", "[".repeat(100_000) + "]".repeat(100_000)],
] as const) {
  test(`a request with ${what} is refused, and the job goes on`, async (t) => {
    const { batches, send, clock } = await listening(t);
    const response = await send(`{"n":1}\n${line}\n`);
    assert.deepEqual([response.status, await response.text()], [400, "line 2 cannot be a row; no line was taken\n"]);
    const answer = send('{"n":4}');
    while (batches.flat().length === 0) {
      await new Promise(setImmediate);
      await clock.advance(1_000);
    }
    assert.deepEqual([(await answer).status, batches.flat()], [200, [4]]);
  });
}

test("a page in a browser may send with the token only, also one that has taken the receiver's name", async (t) => {
  const origin = "http://elsewhere.example";
  const open = await listening(t);
  const refused = await open.send('{"n":1}', { origin });
  assert.deepEqual([refused.status, await refused.text()], [403, "pages in a browser need the token to send\n"]);
  await open.ssc.stop();
  const { send } = await listening(t, { token: "secret" });
  assert.equal((await send("\n", { origin, authorization: "Bearer secret" })).status, 200);
});

test("requests of other kinds, without the token or too large are refused", async (t) => {
  const { send, receiver } = await listening(t, { token: "secret", maxBodyBytes: 10 });
  const authorization = "Bearer secret";
  const status = async (answer: Promise<Response>): Promise<number> => (await answer).status;
  assert.equal(await status(send("1")), 401);
  assert.equal(await status(send("1", { authorization: "Bearer secre" })), 401);
  assert.equal(await status(send("1", { authorization, "content-type": "text/plain" })), 415);
  for (const size of [11, 8 * 1024 * 1024]) {
    assert.equal(await status(send("1".repeat(size), { authorization })), 413);
  }
  assert.equal(await status(fetch(`http://${receiver.address}/`, { headers: { authorization } })), 405);
  assert.equal(await status(send("\n", { authorization })), 200);
});

test("while too much waits senders are told to come again, and what a job that ends did not commit is not acknowledged", async (t) => {
  const { send, ssc, receiver } = await listening(t, {}, 2);
  const first = send('{"n":1}\n{"n":2}');
  while (!receiver.isFull) await new Promise(setImmediate);
  const refused = await send('{"n":3}');
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  await ssc.stop();
  assert.equal((await first).status, 503);
  assert.equal(receiver.address, undefined);
});

test("a graceful stop runs what was sent, answers, and takes no more", async (t) => {
  const { send, ssc, receiver, batches, clock } = await listening(t);
  const first = send('{"n":1}');
  while (batches.flat().length === 0) {
    await new Promise(setImmediate);
    await clock.advance(1_000);
  }
  await ssc.stop({ stopGracefully: true });
  assert.equal((await first).status, 200);
  assert.equal(receiver.address, undefined);
});

test("a request that is still being sent when the job stops does not hold it up", async (t) => {
  const { ssc, receiver } = await listening(t);
  const [host = "", port = ""] = (receiver.address ?? "").split(":");
  const sender = connect(Number(port), host);
  sender.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 10\r\n");
  sender.write("expect: 100-continue\r\n\r\n");
  await once(sender, "data");
  await ssc.stop({ stopGracefully: true });
  await once(
    sender.on("error", () => {}),
    "close",
  );
});

/** A sender that writes as a test tells it to. */
async function sending(t: TestContext, { address = "" }: { readonly address: string | undefined }, start = "") {
  const [host = "", port = ""] = address.split(":");
  const socket = connect(Number(port), host).setEncoding("utf8");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  const head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 100\r\n";
  socket.write(`${head}expect: 100-continue\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [string];
  if (answer.startsWith("HTTP/1.1 100 ")) socket.write(start);
  return { socket, answer };
}

test("requests that are being read have a number and bytes that they may have together; others are told to come again", async (t) => {
  const { receiver, send, clock, batches } = await listening(t, {
    maxUnreadRequests: 2,
    maxBodyBytes: 100,
    maxUnreadBytes: 150,
  });
  const slow = await sending(t, receiver, '{"n":1}'.padEnd(99));
  assert.match(slow.answer, /^HTTP\/1\.1 100 /);
  const large = await sending(t, receiver, " ".repeat(99));
  const [beyond] = (await once(large.socket, "data")) as [string];
  assert.match(beyond, /^HTTP\/1\.1 503 .*retry-after: 1\r\n.*too many bytes are being read/s);
  const second = await sending(t, receiver);
  const third = await send("{}");
  assert.deepEqual([third.status, await third.text()], [503, "too many requests are being read\n"]);
  second.socket.destroy();
  slow.socket.write("\n");
  while (batches.flat().length === 0) {
    await new Promise(setImmediate);
    await clock.advance(1_000);
  }
  const [done] = (await once(slow.socket, "data")) as [string];
  assert.match(done, /^HTTP\/1\.1 200 /);
});

test("a sender that is too slow is answered with 408, and its request no longer counts", async (t) => {
  const { receiver, send } = await listening(t, { requestTimeout: 50, maxUnreadRequests: 1 });
  const { socket } = await sending(t, receiver, "{");
  const [late] = (await once(socket, "data")) as [string];
  assert.match(late, /^HTTP\/1\.1 408 /);
  assert.equal((await send("\n")).status, 200);
});

test("a port in use stops the receiver, and listeners hear why", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const ssc = new StreamingContext({ appName: "http", batchInterval: 1_000, clock: new ManualClock() });
  ssc.receiverStream(new HttpReceiver({ port })).foreachRDD(() => {});
  const stopped = new Promise((resolve) => {
    ssc.addStreamingListener({ onReceiverStopped: ({ receiverInfo }) => resolve(receiverInfo.lastErrorMessage) });
  });
  await ssc.start();
  assert.match(String(await stopped), /PORT_IN_USE\] 127\.0\.0\.1:\d+ is in use/);
  await ssc.stop();
});

test("options are checked", () => {
  assert.throws(() => new HttpReceiver({ port: -1 }), { code: "INVALID_OPTION", message: /port/ });
  assert.throws(() => new HttpReceiver({ port: 0, host: "0.0.0.0" }), { code: "INVALID_OPTION", message: /token/ });
  assert.throws(() => new HttpReceiver({ port: 0, token: "" }), { code: "INVALID_OPTION", message: /token/ });
  const fewer = { port: 0, maxBodyBytes: 10, maxUnreadBytes: 9 };
  assert.throws(() => new HttpReceiver(fewer), {
    code: "INVALID_OPTION",
    message: /maxUnreadBytes .* maxBodyBytes, 10/,
  });
  for (const name of ["maxBodyBytes", "maxUnreadRequests", "maxUnreadBytes", "requestTimeout"]) {
    const refused = { code: "INVALID_OPTION", message: new RegExp(`HttpReceiver's ${name} must be an integer`) };
    for (const value of [0, 1.5, "5"]) assert.throws(() => new HttpReceiver({ port: 0, [name]: value }), refused);
  }
  assert.throws(() => new HttpReceiver({ port: 0, tokn: "" } as never), { code: "UNKNOWN_OPTION", message: /"token"/ });
});

test("a port that is in use is said, and tried again until it is free", async (t) => {
  const occupant = createServer().listen(0, "127.0.0.1");
  await once(occupant, "listening");
  const { port } = occupant.address() as { port: number };
  const said = new RecordedLog();
  const receiver = new HttpReceiver<Row>({ port });
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "http", batchInterval: 1_000, clock, logger: said });
  t.after(() => ssc.stop());
  const told: (string | undefined)[] = [];
  ssc.addStreamingListener({ onReceiverStopped: ({ receiverInfo }) => told.push(receiverInfo.lastErrorMessage) });
  ssc.receiverStream(receiver).foreachRDD(() => {});
  const warned = said.next("RECEIVER_RESTARTED");
  await ssc.start();
  const warning = await warned;
  assert.match(
    warning.message,
    /could not be started, and is started again: \[PORT_IN_USE\] 127\.0\.0\.1:\d+ is in use/,
  );
  assert.equal(told.length, 1);
  occupant.close();
  await once(occupant, "close");
  while (receiver.address === undefined) {
    await clock.advance(1_000);
    await new Promise(setImmediate);
  }
  assert.equal(receiver.address, `127.0.0.1:${port}`);
});
