import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { call, handshake, pack, text } from "../../test/support/flume/avro-bytes.ts";
import { ReceivingJob, saidIn, until } from "../../test/support/flume/receiving-job.ts";
import { connected, event, type SentEvent, type SinkClient } from "../../test/support/flume/sink-client.ts";
import { selfSigned, signedBy } from "../../test/support/self-signed.ts";
import { type FlumeEvent, FlumeReceiver } from "./flume-receiver.ts";

const authority = selfSigned();
const [server, client] = [selfSigned(), signedBy(authority)];
const tls = { cert: server.cert, key: server.key, ca: authority.cert };
const clientTls = { ca: server.cert, cert: client.cert, key: client.key };
const kinds = [
  ["plain connections", {}, {}],
  ["deflate", { compression: "deflate" }, { isDeflated: true }],
  ["TLS with certificates of clients", { tls }, { tls: clientTls }],
  ["both, compression outside of TLS", { compression: "deflate", tls }, { isDeflated: true, tls: clientTls }],
] as const;

const texts = (first: number, count: number): string[] => Array.from({ length: count }, (_, i) => `event ${first + i}`);
const events = (first: number, count: number): SentEvent[] => texts(first, count).map((text) => event(text));

test("a batch of a sink is a partition of one batch, and answered with OK when that is committed", async (t) => {
  const job = await ReceivingJob.start(t);
  const sink = await job.connect(t);
  let status: string | undefined;
  const answer = sink.appendBatch([event("a", { host: "one", id: "1" }), event(""), event("b")]).then((given) => {
    status = given;
  });
  await until(
    () => job.rows.length > 0,
    async () => {
      assert.equal(status, undefined);
      await job.clock.advance(100);
    },
  );
  await answer;
  assert.equal(status, "OK");
  const filled = job.batches.filter((partitions) => partitions.length > 0);
  assert.deepEqual(
    filled.map((partitions) => partitions.map((rows) => rows.map(({ headers, body }) => [headers, [...body]]))),
    [
      [
        [
          [{ host: "one", id: "1" }, [97]],
          [{}, []],
          [{}, [98]],
        ],
      ],
    ],
  );
});

test("append brings one event", async (t) => {
  const job = await ReceivingJob.start(t);
  const sink = await job.connect(t);
  assert.equal(await job.run(sink.append(event("alone", { k: "v" }))), "OK");
  assert.deepEqual([job.texts, job.rows[0]?.headers], [["alone"], { k: "v" }]);
});

test("requests of a connection stay in order, also those that do not wait for answers, and an empty one is answered at once", async (t) => {
  const job = await ReceivingJob.start(t);
  const sink = await job.connect(t);
  assert.equal(await sink.appendBatch([]), "OK");
  const answers = Promise.all([0, 1, 2].map((n) => sink.appendBatch(events(3 * n, 3))));
  assert.deepEqual(await job.run(answers), ["OK", "OK", "OK"]);
  assert.deepEqual(job.texts, texts(0, 9));
});

test("several connections are answered by the same batch", async (t) => {
  const job = await ReceivingJob.start(t);
  const sinks = await Promise.all([1, 2, 3].map(() => job.connect(t)));
  const answers = Promise.all(sinks.map((sink, n) => sink.appendBatch(events(10 * n, 5))));
  await job.run(answers);
  assert.deepEqual(job.texts.toSorted(), [...texts(0, 5), ...texts(10, 5), ...texts(20, 5)].toSorted());
});

test("events whose job ends before their batch is committed are answered with FAILED", async (t) => {
  const job = await ReceivingJob.start(t, { maxRate: 2 });
  const sink = await job.connect(t);
  const answer = sink.appendBatch(events(0, 2));
  await until(() => job.receiver.isFull);
  await job.ssc.stop();
  assert.deepEqual([await answer, job.receiver.address, job.rows], ["FAILED", undefined, []]);
});

test("a graceful stop runs what was sent, answers it, and closes the connections", async (t) => {
  const job = await ReceivingJob.start(t, { maxRate: 2 });
  const [sink, idle] = [await job.connect(t), await job.connect(t)];
  const closed = Promise.all([sink, idle].map(({ socket }) => once(socket, "close")));
  const answer = sink.appendBatch(events(0, 2));
  await until(() => job.receiver.isFull);
  const stopped = job.ssc.stop({ stopGracefully: true });
  assert.equal(await job.run(answer), "OK");
  await stopped;
  await closed;
  assert.deepEqual(job.texts, texts(0, 2));
});

for (const [what, options, sinkOptions] of kinds) {
  test(`while too much waits nothing is read; what a sender sent, left behind and sent again comes once, by ${what}`, async (t) => {
    const job = await ReceivingJob.start(t, { maxRate: 2, ...options });
    const [sink, other, third] = [
      await job.connect(t, sinkOptions),
      await job.connect(t, sinkOptions),
      await job.connect(t, sinkOptions),
    ];
    for (const each of [sink, other, third]) assert.equal(await each.appendBatch([]), "OK");
    const leave = async (left: SinkClient, first: number): Promise<void> => {
      const before = left.socket.bytesWritten;
      left.appendBatch(events(first, 2)).catch(() => {});
      await until(() => left.socket.bytesWritten > before && left.socket.writableLength === 0);
      left.socket.destroy();
    };
    const first = sink.appendBatch(events(0, 2));
    await until(() => job.receiver.isFull);
    const second = other.appendBatch(events(2, 2));
    // What this one sends is read before it leaves.
    await leave(third, 4);
    // While the next batch waits, what the first one sends lies in its socket.
    assert.equal(await job.run(first), "OK");
    await until(() => job.receiver.isFull);
    await leave(sink, 6);
    const again = [await job.connect(t, sinkOptions), await job.connect(t, sinkOptions)];
    const answers = again.map((each, i) => each.appendBatch(events(4 + 2 * i, 2)));
    assert.deepEqual(await job.run(Promise.all([second, ...answers])), ["OK", "OK", "OK"]);
    assert.deepEqual(job.texts.toSorted(), texts(0, 8));
  });
}

for (const [what, options, sinkOptions] of [
  ...kinds,
  [
    "TLS without certificates of clients",
    { tls: { cert: server.cert, key: server.key } },
    { tls: { ca: server.cert } },
  ],
  ["certificates that a function gives", { tls: () => tls }, { tls: clientTls }],
] as const) {
  test(`events come by ${what}`, async (t) => {
    const job = await ReceivingJob.start(t, options);
    const sink = await job.connect(t, sinkOptions);
    const large = event(Buffer.alloc(300_000, "large"));
    assert.equal(await job.run(sink.appendBatch([...events(0, 500), large])), "OK");
    assert.equal(await job.run(sink.appendBatch(events(500, 2))), "OK");
    assert.deepEqual(
      [job.texts.filter((text) => text.length < 100), job.rows[500]?.body.length],
      [texts(0, 502), 300_000],
    );
    await job.ssc.stop({ stopGracefully: true });
    assert.deepEqual(job.heard, []);
  });
}

test("an event may have 16 MiB, none, headers in any script, bytes that are no UTF-8, and a header that no row can have", async (t) => {
  const said = saidIn(t);
  const job = await ReceivingJob.start(t);
  const sink = await job.connect(t);
  const large = event(Buffer.alloc(16 * 1024 * 1024, 7), { große: "Größe 📏", empty: "" });
  assert.equal(await job.run(sink.appendBatch([large, event("")])), "OK");
  const [first, second] = job.rows;
  assert.deepEqual(
    [first?.headers, first?.body.length, second?.headers, second?.body.length],
    [large.headers, large.body.length, {}, 0],
  );
  const raw = await connected(job.address);
  t.after(() => raw.destroy());
  raw.write(
    pack(
      1,
      handshake(),
      call("append", [4, ...text("a"), 4, 0xff, 0x41, ...text("__proto__"), ...text("x"), 0, ...text("body")]),
    ),
  );
  await job.run(until(() => raw.bytesRead > 0));
  const { headers, body } = job.rows.at(-1) as FlumeEvent;
  assert.deepEqual([headers, Object.keys(headers), Buffer.from(body).toString()], [{ a: "\ufffdA" }, ["a"], "body"]);
  assert.match(
    said.warnings().join(),
    /sender 127\.0\.0\.1:\d+: \[VALUE_NOT_ENCODABLE\] a header "__proto__" .* was left out/,
  );
});

test("a sender that leaves after 15 s without an answer is reason for a warning, since it will do so again", async (t) => {
  const said = saidIn(t);
  const now = performance.now.bind(performance);
  let later = 0;
  t.mock.method(performance, "now", () => now() + later);
  const job = await ReceivingJob.start(t, { maxRate: 1 });
  const sink = await job.connect(t);
  sink.append(event("a")).catch(() => {});
  await until(() => job.receiver.isFull);
  later = 20_000;
  sink.socket.destroy();
  await until(() => sink.socket.closed);
  await job.run(until(() => said.warnings().length > 0));
  assert.match(
    said.warnings().join(),
    /sender .*: \[ANSWER_TOO_LATE\] it did not wait longer than 20 s for the batch with its events, .* raise the sink's request-timeout/,
  );
});

test("an interval that a sink's request timeout does not fit is reason for a warning at the start", async (t) => {
  const said = saidIn(t);
  await (await ReceivingJob.start(t, { batchInterval: 14_999 })).ssc.stop();
  assert.deepEqual(said.warnings(), []);
  await ReceivingJob.start(t, { batchInterval: 15_000 });
  assert.match(
    said.warnings().join(),
    /^FlumeReceiver-0: \[ANSWER_TOO_LATE\] events wait up to the batch interval, 15 s, .* Shorten the interval/,
  );
});

test("a port in use, or certificates that are none, stop the receiver, and listeners hear why", async (t) => {
  const first = await ReceivingJob.start(t);
  const port = Number(first.address.split(":")[1]);
  await first.ssc.stop();
  const other = createServer().listen(port, "127.0.0.1");
  t.after(() => other.close());
  await once(other, "listening");
  for (const [options, heard] of [
    [{ port }, /could not be started, and is started again: \[PORT_IN_USE\] 127\.0\.0\.1:\d+ is in use/],
    [
      { tls: () => ({ ...tls, cert: "a secret" }) },
      /could not be started: \[INVALID_OPTION\] FlumeReceiver's tls.cert .*not another text/,
    ],
    [
      { host: "0.0.0.0", tls: () => ({ cert: tls.cert, key: tls.key }) },
      /could not be started: \[INVALID_OPTION\] .*tls.ca/,
    ],
  ] as const) {
    const job = await ReceivingJob.begin(t, options);
    await until(() => job.heard.length > 0);
    assert.match(job.heard.join(), heard);
    await job.ssc.stop();
  }
});

test("certificates that can no longer be read are said at the next connection; the connections that there are go on", async (t) => {
  const said = saidIn(t);
  let isGone = false;
  const files = () => {
    if (isGone) throw Object.assign(new Error("no such file, open 'receiver.pem'"), { code: "ENOENT" });
    return tls;
  };
  const job = await ReceivingJob.start(t, { tls: files });
  const sink = await job.connect(t, { tls: clientTls });
  assert.equal(await sink.appendBatch([]), "OK");
  isGone = true;
  await assert.rejects((await job.connect(t, { tls: clientTls })).appendBatch([]));
  await until(() => said.warnings().length > 0);
  assert.match(said.warnings().join(), /\[USER_FUNCTION_FAILED\] FlumeReceiver's tls threw ENOENT/);
  assert.equal(await job.run(sink.append(event("a"))), "OK");
});

test("options are checked", () => {
  const refused = (options: object, message: RegExp, code = "INVALID_OPTION"): void =>
    assert.throws(() => new FlumeReceiver({ port: 0, ...options }), { code, message });
  refused({ port: -1 }, /port/);
  refused({ host: "" }, /host/);
  refused({ compression: "gzip" }, /compression must be "none" or "deflate", not gzip/);
  refused({ maxFrameBytes: 0 }, /maxFrameBytes/);
  refused({ maxFrameBytes: 65 * 2 ** 20 }, /maxUnreadBytes must be at least maxFrameBytes, 68157440/);
  refused({ requestTimeout: 2 ** 31 }, /requestTimeout/);
  refused({ maxConnections: 1.5 }, /maxConnections/);
  refused({ sender: "a" }, /"sender"/, "UNKNOWN_OPTION");
  refused({ tls: { ...tls, keys: "" } }, /did you mean "key"/, "UNKNOWN_OPTION");
  refused({ tls: true }, /tls/);
  refused({ tls: Promise.resolve(tls) }, /tls's options must be an object, not a promise/);
  refused({ tls: { cert: tls.cert } }, /tls.key must be given, as PEM/);
  refused({ tls: { ...tls, ca: "./ca.pem" } }, /tls.ca must be PEM text .*, not another text/);
  refused({ tls: { ...tls, key: client.key } }, /tls.key is not the key of FlumeReceiver's tls.cert/);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "receiver.example"]) {
    refused({ host }, /tls.ca must be given for senders on other machines, which .* lets in/);
    refused({ host, tls: { cert: tls.cert, key: tls.key } }, /tls.ca must be given/);
    assert.equal(new FlumeReceiver({ port: 0, host, tls }).address, undefined);
  }
});
