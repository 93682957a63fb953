import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { selfSigned } from "../../../test/support/self-signed.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { apiKeys } from "../protocol/api-keys.ts";
import { ByteWriter } from "../protocol/byte-writer.ts";
import { FramePool } from "../protocol/frame-pool.ts";
import { FrameSplitter } from "../protocol/frame-splitter.ts";
import type { KafkaConnection } from "../types.ts";
import { BrokerConnection, type RequestType } from "./broker-connection.ts";

// The peer is a socket server that answers each request as the test says. A request is a number, an answer a number of bytes.
const bytesRequest: RequestType<number, Buffer> = {
  api: "metadata",
  version: 12,
  write: (writer, bytes) => writer.int32(bytes),
  read: (reader) => reader.bytes(),
};

/** The answer to the request with this correlation id: `bytes` bytes, each the low byte of their number. */
function answer(correlationId: number, bytes: number): Buffer {
  const size = Buffer.alloc(5);
  let sizeBytes = 0;
  for (let rest = bytes + 1; ; rest >>>= 7) {
    size[sizeBytes++] = rest > 127 ? (rest & 127) | 128 : rest;
    if (rest <= 127) break;
  }
  const frame = Buffer.alloc(4 + 4 + 1 + sizeBytes + bytes, bytes & 255);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt32BE(correlationId, 4);
  frame[8] = 0;
  size.copy(frame, 9, 0, sizeBytes);
  return frame;
}

/** The answer to a client's greeting: all APIs in all versions. */
function greeting(correlationId: number): Buffer {
  const writer = new ByteWriter().int32(correlationId).int16(0);
  writer.array(Object.values(apiKeys), (key) => writer.int16(key).int16(0).int16(99));
  return Buffer.concat(writer.int32(0).frame());
}

type Answering = (socket: Socket, correlationId: number, bytes: number) => void;
const servers: Server[] = [];
const peers = new Set<Socket>();
after(() => {
  for (const socket of peers) socket.destroy();
  for (const server of servers) server.close();
});

async function peer(
  answering: Answering,
  { tls, onConnect }: { tls?: { key: string; cert: string }; onConnect?: (socket: Socket) => void } = {},
): Promise<{ host: string; port: number }> {
  const serve = (socket: Socket): void => {
    peers.add(socket);
    socket.on("error", () => {});
    onConnect?.(socket);
    const splitter = new FrameSplitter((frame) => {
      if (frame.readInt16BE(0) === apiKeys.apiVersions) socket.write(greeting(frame.readInt32BE(4)));
      else answering(socket, frame.readInt32BE(4), frame.readInt32BE(frame.length - 4));
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch {
        socket.destroy();
      }
    });
  };
  const server = tls ? createTlsServer(tls, serve) : createServer(serve);
  servers.push(server);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

const honest: Answering = (socket, id, bytes) => socket.write(answer(id, bytes));
const sizes = [0, 10, 70_000, 3_000_000, 1, 16_384, 200_000, 5];

async function readsAll(address: { host: string; port: number }, options: KafkaConnection): Promise<void> {
  const connection = await BrokerConnection.open(address, options, thisMachine);
  const memory = new FramePool();
  const answers = await Promise.all(
    sizes.map((bytes, i) => connection.send(bytesRequest, bytes, 0, i % 2 === 0 ? undefined : memory)),
  );
  for (const [i, bytes] of sizes.entries()) assert.ok(answers[i]?.equals(Buffer.alloc(bytes, bytes & 255)), `${bytes}`);
  connection.close();
}

test("answers of any size come whole to those who asked, with and without lent memory", async () => {
  await readsAll(await peer(honest), {});
});

test("the same over TLS, if the certificate is known", async () => {
  const tls = selfSigned();
  const address = await peer(honest, { tls });
  await readsAll(address, { tls: { ca: tls.cert } });
  await readsAll({ ...address, host: "localhost" }, { tls: { ca: tls.cert } });
  await assert.rejects(BrokerConnection.open(address, { tls: true }, thisMachine), {
    code: "TLS_MISMATCH",
    message:
      /is not believed \(self-signed certificate, DEPTH_ZERO_SELF_SIGNED_CERT\); give the authority .* as tls\.ca/,
  });
});

test("a peer without TLS is told apart from one that cannot be reached", async () => {
  await assert.rejects(BrokerConnection.open(await peer(honest), { tls: true }, thisMachine), { code: "TLS_MISMATCH" });
  await assert.rejects(BrokerConnection.open({ host: "127.0.0.1", port: 1 }, {}, thisMachine), {
    code: "BROKER_UNREACHABLE",
    message: /127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/,
  });
});

test("without TLS a peer that has it is TLS_MISMATCH", async () => {
  const telling = await peer(honest, { tls: selfSigned() });
  await assert.rejects(BrokerConnection.open(telling, {}, thisMachine), {
    code: "TLS_MISMATCH",
    retryable: false,
    message: `[TLS_MISMATCH] 127.0.0.1:${telling.port} speaks TLS, and the connection was made without; set tls`,
  });
});

test("a peer that hangs up on everybody may do better later: it is BROKER_UNREACHABLE", async () => {
  const address = await peer(honest, { onConnect: (socket) => socket.destroy() });
  for (const options of [{}, { tls: true }]) {
    await assert.rejects(BrokerConnection.open(address, options, thisMachine), {
      code: "BROKER_UNREACHABLE",
      retryable: true,
    });
  }
});

test("a request that the broker does not speak is refused before it is sent", async () => {
  const connection = await BrokerConnection.open(await peer(honest), {}, thisMachine);
  const tooNew = { ...bytesRequest, version: 100 };
  await assert.rejects(connection.send(tooNew, 1), {
    code: "NOT_SUPPORTED",
    message: /asks metadata in version 100, and 127\.0\.0\.1:\d+ has versions 0 to 99; it needs Kafka 2\.8 or newer/,
  });
  connection.close();
});

test("answers in another order than the requests end the connection", async () => {
  let held: number | undefined;
  const address = await peer((socket, id, bytes) => {
    if (held === undefined) held = id;
    else socket.write(Buffer.concat([answer(id, bytes), answer(held, bytes)]));
  });
  const connection = await BrokerConnection.open(address, {}, thisMachine);
  const both = await Promise.allSettled([connection.send(bytesRequest, 1), connection.send(bytesRequest, 2)]);
  for (const result of both) {
    assert.match(
      String((result as PromiseRejectedResult).reason),
      /sent an answer to no request, or not in their order/,
    );
  }
  assert.equal(connection.isClosed, true);
});

test("what a peer says without being asked ends the connection", async () => {
  const address = await peer(honest, { onConnect: (socket) => socket.write(answer(99, 3)) });
  await assert.rejects(BrokerConnection.open(address, {}, thisMachine), {
    code: "BROKER_UNREACHABLE",
    message: /sent an answer to no request/,
  });
});

test("a frame above the limit ends the connection as soon as its length is known", async () => {
  const address = await peer((socket) => socket.write(Buffer.from([0x7f, 0, 0, 0])));
  const connection = await BrokerConnection.open(address, {}, thisMachine);
  await assert.rejects(connection.send(bytesRequest, 1), { code: "FRAME_TOO_LARGE" });
});

test("requests that wait when the peer goes away, with half an answer sent, are told so", async () => {
  const address = await peer((socket, id) => socket.end(answer(id, 100_000).subarray(0, 50_000)));
  const connection = await BrokerConnection.open(address, {}, thisMachine);
  await assert.rejects(connection.send(bytesRequest, 1), {
    code: "BROKER_UNREACHABLE",
    message: /was lost \(closed by the broker\)/,
  });
});
