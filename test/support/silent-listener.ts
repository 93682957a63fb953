import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** Something at an address that never says a word. */
export interface SilentListener extends AsyncDisposable {
  /** "host:port" */
  readonly address: string;
}

/** Accepts connections, reads, and answers nothing. */
export async function acceptingListener(): Promise<SilentListener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const stuck = `
const { parentPort } = require("node:worker_threads");
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/** Has a full backlog: whoever connects now gets no answer to the first packet. */
export async function fullListener(): Promise<SilentListener> {
  const worker = new Worker(stuck, { eval: true });
  const [port] = await once(worker, "message");
  let connected = 0;
  const fillers = Array.from({ length: 10 }, () => {
    const socket = connect(port, "127.0.0.1", () => connected++);
    return socket.on("error", () => {});
  });
  for (let before = -1; connected === 0 || connected > before; ) {
    before = connected;
    await delay(50);
  }
  return {
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}
