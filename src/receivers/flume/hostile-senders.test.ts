import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { call, handshake, long, pack, packHead } from "../../../test/support/flume/avro-bytes.ts";
import { ReceivingJob, type ReceivingJobOptions, saidIn, until } from "../../../test/support/flume/receiving-job.ts";
import {
  connected,
  event,
  flumeProtocol,
  SinkClient,
  type SinkClientOptions,
} from "../../../test/support/flume/sink-client.ts";
import { selfSigned, signedBy } from "../../../test/support/self-signed.ts";

// Whatever a connection brings: it is closed, with a warning that says who it was and what to do, and an Avro sink beside it goes on.

const mebibyte = 1024 * 1024;
const authority = selfSigned();
const [server, client, stranger] = [selfSigned(), signedBy(authority), selfSigned()];
const tls = { cert: server.cert, key: server.key, ca: authority.cert };
const clientTls = { ca: server.cert, cert: client.cert, key: client.key };
const deflate: ReceivingJobOptions = { compression: "deflate" };

const otherProtocol = (change: (protocol: any) => void): string => {
  const protocol = structuredClone(flumeProtocol);
  change(protocol);
  return JSON.stringify(protocol);
};
/** A record of records of records, each with many fields: as many schemas as nobody could look at. */
const wideTypes = Array.from({ length: 9 }, (_, i) => ({
  type: "record",
  name: `R${i}`,
  fields: Array.from({ length: 50 }, (_, f) => ({ name: `f${f}`, type: i === 8 ? "bytes" : `R${i + 1}` })),
}));
const wide = otherProtocol((protocol) => {
  protocol.types.push(...wideTypes);
  protocol.messages.append.request[0].type = "R0";
});
const cyclic = otherProtocol((protocol) => {
  protocol.types[1].fields[1].type = "AvroFlumeEvent";
});
const manyEvents = (count: number): number[] => [...long(count), ...new Array<number>(2 * count).fill(0), 0];
const greeted = (request: number[]): Buffer => pack(1, handshake(), request);

const refused: Readonly<Record<string, readonly [bytes: Buffer, warning: RegExp, options?: ReceivingJobOptions]>> = {
  "random bytes": [Buffer.from("9d1c7a60f3e2b15544aa", "hex"), /\[SENDER_REFUSED\] what came is no request/],
  HTTP: [Buffer.from("POST / HTTP/1.1\r\nhost: x\r\n\r\n"), /\[SENDER_REFUSED\] .* it looks like HTTP/],
  "TLS where there is none": [
    Buffer.from("16030100f5010000f10303", "hex"),
    /\[SENDER_REFUSED\] .* looks like TLS: give the receiver tls/,
  ],
  "TLS of a length that might be one of frames": [
    Buffer.from("16030102000100010403030102", "hex"),
    /\[FRAME_TOO_LARGE\] .* looks like TLS/,
  ],
  "compression where there is none": [
    deflateSync(pack(1, handshake())),
    /\[SENDER_REFUSED\] .* looks like zlib: set compression/,
  ],
  "no compression where there is some": [
    greeted(call("append", [0, 0])),
    /\[SENDER_REFUSED\] .* not compressed by zlib/,
    deflate,
  ],
  "HTTP where there is compression": [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    /\[SENDER_REFUSED\] .* looks like HTTP/,
    deflate,
  ],
  "a pack of no frames": [packHead(1, 0), /\[SENDER_REFUSED\] .* 0 frames/],
  "a pack of two thousand million frames": [packHead(1, 0x7fffffff), /\[SENDER_REFUSED\] .* 2147483647 frames/],
  "a pack of less than no frames": [packHead(1, -1), /\[SENDER_REFUSED\] .* -1 frames/],
  "a frame of 2 GiB": [
    packHead(1, 1, 0x7fffffff),
    /\[FRAME_TOO_LARGE\] a request has 2147483659 bytes or more, and maxFrameBytes allows 33554432/,
  ],
  "a frame of less than nothing": [packHead(1, 1, -1), /\[SENDER_REFUSED\] .* -1 bytes/],
  "a request that grows over the limit by its second frame": [
    Buffer.concat([packHead(1, 2, 900), Buffer.alloc(900), packHead(900, 0).subarray(2, 6)]),
    /\[FRAME_TOO_LARGE\]/,
    { maxFrameBytes: 1_000 },
  ],
  "frames of nothing": [
    Buffer.concat([packHead(1, 1_000), Buffer.alloc(4_000)]),
    /\[SENDER_REFUSED\] .* ends before its last value/,
  ],
  "half a handshake": [pack(1, handshake().slice(0, 40)), /\[SENDER_REFUSED\] .* ends before its last value/],
  "a protocol of another service": [
    pack(1, handshake(JSON.stringify({ protocol: "Mail", types: [], messages: { send: { request: [] } } }))),
    /\[SENDER_REFUSED\] it speaks the Avro protocol Mail, .* send from a sink of the type avro/,
  ],
  "a protocol whose events have a field more": [
    pack(1, handshake(otherProtocol((protocol) => protocol.types[1].fields.push({ name: "id", type: "long" })))),
    /\[SENDER_REFUSED\] it speaks the Avro protocol AvroSourceProtocol, not that/,
  ],
  "a protocol that is not JSON": [
    pack(1, handshake("secret")),
    /\[SENDER_REFUSED\] it names a protocol that is not JSON: send/,
  ],
  "a protocol that is null": [
    pack(1, handshake("null")),
    /\[SENDER_REFUSED\] it speaks the Avro protocol without a name/,
  ],
  "a protocol of more schemas than there are atoms": [pack(1, handshake(wide)), /\[SENDER_REFUSED\]/],
  "a protocol whose events contain themselves": [pack(1, handshake(cyclic)), /\[SENDER_REFUSED\]/],
  "a protocol of 100 KiB": [
    pack(1, handshake("x".repeat(102_400))),
    /\[SENDER_REFUSED\] its protocol has 102400 bytes/,
  ],
  "a message that there is not": [greeted(call("appendAll", [0])), /\[SENDER_REFUSED\] it calls another method/],
  "a message by the name of a property": [
    greeted(call("constructor", [0])),
    /\[SENDER_REFUSED\] it calls another method/,
  ],
  "an event that is cut off": [greeted(call("append", [0, ...long(5), 1])), /\[SENDER_REFUSED\] .* ends before/],
  "an event of less than nothing": [greeted(call("append", [0, ...long(-5)])), /\[SENDER_REFUSED\] .* ends before/],
  "a batch of more events than it has bytes": [
    greeted(call("appendBatch", long(2 ** 50))),
    /\[SENDER_REFUSED\] .* ends before/,
  ],
  "a number without an end": [
    greeted(call("appendBatch", new Array(12).fill(0xff))),
    /\[SENDER_REFUSED\] .* more than 64 bits/,
  ],
  "more after the last event": [greeted(call("append", [0, 0, 1, 2])), /\[SENDER_REFUSED\] .* 2 bytes are left over/],
  "hundreds of thousands of empty events": [
    greeted(call("appendBatch", manyEvents(400_000))),
    /\[FRAME_TOO_LARGE\] the events of a request take \d+ bytes of memory or more, .* lower the sink's batch-size/,
  ],
  "a zlib bomb of one request": [
    deflateSync(Buffer.concat([packHead(1, 1, 33_000_000), Buffer.alloc(100 * mebibyte)])),
    /\[SENDER_REFUSED\]/,
    deflate,
  ],
  "a zlib bomb of a large frame": [
    deflateSync(Buffer.concat([packHead(1, 1, 1_000_000_000), Buffer.alloc(100 * mebibyte)])),
    /\[FRAME_TOO_LARGE\]/,
    deflate,
  ],
  "no TLS where there is some": [
    greeted(call("append", [0, 0])),
    /\[TLS_MISMATCH\] it does not speak TLS: set the sink's ssl = true/,
    { tls },
  ],
  "HTTP where there is TLS": [Buffer.from("GET / HTTP/1.1\r\n\r\n"), /\[TLS_MISMATCH\] it does not speak TLS/, { tls }],
};

const sinkOptions = ({ compression, tls }: ReceivingJobOptions): SinkClientOptions => ({
  isDeflated: compression === "deflate",
  ...(tls && { tls: clientTls }),
});

for (const [what, [bytes, warning, options = {}]] of Object.entries(refused)) {
  test(`${what}: the connection is closed, with a warning, and others go on`, async (t) => {
    const said = saidIn(t);
    const job = await ReceivingJob.start(t, options);
    const sink = await job.connect(t, sinkOptions(options));
    if (options.maxFrameBytes === undefined) assert.equal(await job.run(sink.append(event("before"))), "OK");
    const hostile = await connected(job.address);
    t.after(() => hostile.destroy());
    const closed = closedBy(hostile);
    hostile.write(bytes);
    await closed;
    await until(() => said.warnings().length > 0);
    assert.equal(said.warnings().length, 1, said.warnings().join("\n"));
    assert.match(said.warnings()[0] as string, warning);
    assert.match(said.warnings()[0] as string, /^FlumeReceiver-0: sender 127\.0\.0\.1:\d+: \[/);
    assert.ok(job.heard[0]?.startsWith("sender 127.0.0.1:"), job.heard[0]);
    if (options.maxFrameBytes === undefined) {
      assert.equal(await job.run(sink.append(event("after"))), "OK");
      assert.deepEqual(job.texts, ["before", "after"]);
    }
  });
}

/** When the other side has ended a connection. */
async function closedBy(socket: Socket): Promise<void> {
  socket.resume();
  await new Promise<void>((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));
}

for (const [what, certificate, warning] of [
  ["no certificate", {}, /\[TLS_MISMATCH\] it has no certificate, .* through a tunnel/],
  [
    "a certificate of a stranger",
    { cert: stranger.cert, key: stranger.key },
    /\[TLS_MISMATCH\] its certificate is not believed/,
  ],
  [
    "a certificate that has expired",
    certificateOf(signedBy(authority, { isExpired: true })),
    /\[TLS_MISMATCH\] its certificate is not believed.*EXPIRED/,
  ],
] as const) {
  for (const isDeflated of [false, true]) {
    test(`${what}${isDeflated ? ", with compression" : ""}: nobody is let in`, async (t) => {
      const said = saidIn(t);
      const job = await ReceivingJob.start(t, { tls, compression: isDeflated ? "deflate" : "none" });
      const sink = await SinkClient.connect(job.address, { isDeflated, tls: { ca: server.cert, ...certificate } });
      t.after(() => sink.socket.destroy());
      await assert.rejects(sink.append(event("secret")));
      await until(() => said.warnings().length > 0);
      assert.match(said.warnings().join("\n"), warning);
      const right = await job.connect(t, { isDeflated, tls: clientTls });
      assert.equal(await job.run(right.append(event("after"))), "OK");
      assert.deepEqual(job.texts, ["after"]);
    });
  }
}

function certificateOf({ cert, key }: { cert: string; key: string }) {
  return { cert, key };
}

for (const [what, start, options] of [
  ["half a request", greeted(call("append", [0, 0])).subarray(0, 100), {}],
  ["the start of TLS's handshake", Buffer.from("16030100f5010000f1", "hex"), { tls }],
  ["nothing, where TLS begins with the sender", Buffer.alloc(0), { tls }],
  ["half a request by compression", deflateSync(greeted(call("append", [0, 0]))).subarray(0, 100), deflate],
] as const) {
  test(`a sender that sends ${what} and no more has its time`, async (t) => {
    const said = saidIn(t);
    const job = await ReceivingJob.start(t, { ...options, requestTimeout: 150 });
    const slow = await connected(job.address);
    t.after(() => slow.destroy());
    slow.write(start);
    await closedBy(slow);
    await until(() => said.warnings().length > 0);
    assert.match(
      said.warnings().join("\n"),
      /\[(SENDER_TOO_SLOW\] it took longer than requestTimeout, 150 ms|TLS_MISMATCH\] .* within requestTimeout)/,
    );
  });
}

test("a sender that drips byte after byte has its time for the whole request; one that says nothing may stay", async (t) => {
  const said = saidIn(t);
  const job = await ReceivingJob.start(t, { requestTimeout: 300 });
  const silent = await connected(job.address);
  const slow = await connected(job.address);
  t.after(() => [silent, slow].map((socket) => socket.destroy()));
  const bytes = greeted(call("append", [0, 0]));
  let sent = 0;
  const drip = setInterval(() => slow.write(bytes.subarray(sent, ++sent)), 20);
  t.after(() => clearInterval(drip));
  await closedBy(slow);
  clearInterval(drip);
  assert.ok(sent < bytes.length, `${sent} bytes`);
  await until(() => said.warnings().length > 0);
  assert.match(said.warnings().join("\n"), /\[SENDER_TOO_SLOW\]/);
  silent.write(bytes);
  await job.run(once(silent, "data"));
  assert.equal(job.rows.length, 1);
});

test("a sender that does not read its answers has its time for that, too", async (t) => {
  const said = saidIn(t);
  const job = await ReceivingJob.start(t, { requestTimeout: 400 });
  const deaf = await connected(job.address);
  t.after(() => deaf.destroy());
  deaf.pause();
  // A handshake that names a protocol which is not known: its answer has the whole protocol of the receiver.
  const asking = pack(1, [...new Array<number>(16).fill(7), 0, ...new Array<number>(16).fill(7), 0]);
  const many = Buffer.concat(new Array(1_000).fill(asking));
  let isClosed = false;
  deaf.once("close", () => {
    isClosed = true;
  });
  await until(
    () => said.warnings().length > 0,
    async () => {
      if (!isClosed && deaf.writableLength < mebibyte) deaf.write(many);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  );
  assert.match(
    said.warnings().join("\n"),
    /\[SENDER_TOO_SLOW\] it took longer than requestTimeout, 400 ms, .* reading its answer/,
  );
});

test("requests that are being read have bytes that they may have together: the slowest gives way, the others come in", async (t) => {
  const said = saidIn(t);
  const job = await ReceivingJob.start(t, { maxFrameBytes: mebibyte, maxUnreadBytes: 2 * mebibyte });
  const head = packHead(1, 1, mebibyte - 100);
  const slow: Socket[] = [];
  for (let i = 0; i < 3; i++) {
    const socket = await connected(job.address);
    t.after(() => socket.destroy());
    socket.write(Buffer.concat([head, Buffer.alloc(700_000)]));
    slow.push(socket);
  }
  await Promise.race(slow.map(closedBy));
  await until(() => said.warnings().length > 0);
  assert.match(
    said.warnings().join("\n"),
    /\[SENDER_TOO_SLOW\] it held others up, as the requests that are being read have maxUnreadBytes/,
  );
  const sink = await job.connect(t);
  assert.equal(await job.run(sink.append(event(Buffer.alloc(900_000)))), "OK");
  assert.equal(slow.filter((socket) => socket.closed).length >= 1, true);
});

test("many large requests at once wait for one another, and none is refused", async (t) => {
  const said = saidIn(t);
  const job = await ReceivingJob.start(t, { maxFrameBytes: mebibyte, maxUnreadBytes: mebibyte });
  const sinks = await Promise.all(Array.from({ length: 10 }, () => job.connect(t)));
  for (const sink of sinks) assert.equal(await sink.appendBatch([]), "OK");
  const answers = sinks.map((sink) => sink.append(event(Buffer.alloc(mebibyte - 1_000))));
  assert.deepEqual(await job.run(Promise.all(answers)), new Array(10).fill("OK"));
  assert.deepEqual([job.rows.length, said.warnings()], [10, []]);
});

test("beyond maxConnections the oldest that has not shown itself to be a sink is closed, and where all have, the new one", async (t) => {
  const said = saidIn(t);
  const job = await ReceivingJob.start(t, { maxConnections: 2 });
  const first = await job.connect(t);
  assert.equal(await first.appendBatch([]), "OK");
  const idle = await connected(job.address);
  const closed = closedBy(idle);
  const second = await job.connect(t);
  await closed;
  assert.equal(await second.appendBatch([]), "OK");
  await closedBy(await connected(job.address));
  assert.match(said.warnings().join("\n"), /\[TOO_MANY_SENDERS\] there are 2 connections, .* raise maxConnections/);
  assert.equal(said.warnings().length, 1);
  assert.deepEqual(await job.run(Promise.all([first.append(event("a")), second.append(event("b"))])), ["OK", "OK"]);
});

test("of a hundred connections at once as many stay as may", async (t) => {
  const said = saidIn(t);
  const job = await ReceivingJob.start(t, { maxConnections: 3 });
  const sockets = await Promise.all(Array.from({ length: 100 }, () => connected(job.address)));
  t.after(() => sockets.map((socket) => socket.destroy()));
  for (const socket of sockets) socket.resume();
  const open = (): number => sockets.filter(({ closed }) => !closed).length;
  await until(() => open() <= 3);
  const sink = await job.connect(t);
  assert.equal(await job.run(sink.append(event("a"))), "OK");
  assert.equal(open(), 2);
  assert.equal(said.warnings().length, 1);
});

test("connections that come and go without a word are no reason for a warning", async (t) => {
  const said = saidIn(t);
  for (const options of [{}, deflate, { tls }]) {
    const job = await ReceivingJob.start(t, options);
    for (const end of ["end", "destroy", "resetAndDestroy"] as const) {
      const socket = await connected(job.address);
      socket[end]();
      await closedBy(socket);
    }
    const sink = await job.connect(t, sinkOptions(options));
    assert.equal(await job.run(sink.append(event("a"))), "OK");
    await job.ssc.stop();
  }
  assert.deepEqual(said.warnings(), []);
});

test("while the receiver is full, memory holds no more of a request than what a socket reads ahead", async (t) => {
  const job = await ReceivingJob.start(t, { maxRate: 1 });
  const sink = await job.connect(t);
  assert.equal(await sink.appendBatch([]), "OK");
  const first = (await job.connect(t)).append(event("first"));
  await until(() => job.receiver.isFull);
  const second = sink.append(event(Buffer.alloc(24 * mebibyte)));
  let before = -1;
  await until(
    () => sink.socket.writableLength > 0 && sink.socket.writableLength === before,
    async () => {
      before = sink.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
  );
  assert.ok(sink.socket.writableLength > 10 * mebibyte, `${sink.socket.writableLength} bytes are left`);
  assert.deepEqual(await job.run(Promise.all([first, second])), ["OK", "OK"]);
});
