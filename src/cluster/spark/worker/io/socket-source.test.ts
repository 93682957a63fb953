import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { PeerGone } from "./peer-gone.ts";
import { SocketSource } from "./socket-source.ts";

async function pair(): Promise<[Socket, Socket]> {
  const server = createServer().listen({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const client = connect((server.address() as { port: number }).port, "127.0.0.1");
  const [served] = (await once(server, "connection")) as [Socket];
  server.close();
  return [client, served];
}

test("bytes come in the portions asked for, however they arrived", async () => {
  const [client, served] = await pair();
  const source = new SocketSource(served);
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 255));
  for (let at = 0; at < bytes.length; at += 999) client.write(bytes.subarray(at, at + 999));
  const portions: Buffer[] = [];
  for (let length = 0, at = 0; at < bytes.length; at += length) {
    length = Math.min(bytes.length - at, (length * 3 + 1) % 100_003);
    portions.push(await source.read(length));
  }
  assert.deepEqual(Buffer.concat(portions), bytes);
  assert.deepEqual(await source.read(0), Buffer.alloc(0));
  client.destroy();
});

test("what arrived before the connection closed can still be read, no more than that", async () => {
  const [client, served] = await pair();
  const source = new SocketSource(served);
  client.end("abc");
  await once(served, "close");
  assert.equal((await source.read(2)).toString(), "ab");
  await assert.rejects(source.read(2), PeerGone);
  assert.equal((await source.read(1)).toString(), "c");
});

test("a read that waits ends with the connection", async () => {
  const [client, served] = await pair();
  const read = new SocketSource(served).read(10);
  client.destroy();
  await assert.rejects(read, PeerGone);
});

test("a portion beyond the limit of what may wait is read all the same", async () => {
  const [client, served] = await pair();
  const source = new SocketSource(served);
  const large = Buffer.alloc(20_000_000, 5);
  client.write(large);
  assert.ok((await source.read(large.length)).equals(large));
  client.destroy();
});
