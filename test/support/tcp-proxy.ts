import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** How a connection ends: by a reset, or as if the other side had closed it. */
export type Cut = "reset" | "end";

/** Stands between a client and a server on loopback, and breaks their connections when told to. */
export class TcpProxy implements AsyncDisposable {
  readonly #target: number;
  readonly #server = createServer((client) => this.#pipe(client));
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<(bytes: number) => void>();
  #refuses = false;
  #isFrozen = false;
  /** Bytes from the client to the server so far. */
  sentBytes = 0;
  /** Connections that were accepted so far. */
  connections = 0;

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(how: Cut = "reset"): void {
    for (const socket of this.#sockets) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.end();
    }
  }

  /** Cuts what there is and refuses what comes, until `restore`. */
  interrupt(): void {
    this.#refuses = true;
    this.cut();
  }

  restore(): void {
    this.#refuses = false;
  }

  /** Takes connections and what comes by them, and passes nothing on until `thaw`; nobody is told. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Cuts once the client has received `bytes` more. */
  cutAfter(bytes: number, how?: Cut): void {
    let left = bytes;
    const watch = (length: number): void => {
      left -= length;
      if (left > 0) return;
      this.#watchers.delete(watch);
      this.cut(how);
    };
    this.#watchers.add(watch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((closed) => this.#server.close(closed));
  }

  #pipe(client: Socket): void {
    client.on("error", () => {});
    if (this.#refuses) {
      client.resetAndDestroy();
      return;
    }
    this.connections++;
    const server = connect(this.#target, "127.0.0.1");
    server.on("error", () => {});
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.once("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    client.on("data", ({ length }) => {
      this.sentBytes += length;
    });
    client.pipe(server);
    server.pipe(client);
    if (this.#isFrozen) for (const socket of [client, server]) socket.pause();
    server.on("data", ({ length }) => {
      for (const watch of this.#watchers) watch(length);
    });
  }
}
