import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Random } from "./seeded-random.ts";

export interface CutsOptions {
  readonly random: Random;
  /** Connections that are cut; those after them are left alone. */
  readonly cuts: number;
  /** Bytes that a connection may have before it is cut: what comes to the server, and what comes to the client. */
  readonly longest: { readonly toServer: number; readonly toClient: number };
}

/** Stands between a client and a server on loopback, and cuts connections after a random byte of one direction. */
export class CuttingProxy implements AsyncDisposable {
  readonly #target: number;
  readonly #options: CutsOptions;
  readonly #server = createServer((client) => this.#pipe(client));
  readonly #sockets = new Set<Socket>();
  #planned = 0;
  /** Connections that were cut so far. */
  cuts = 0;

  private constructor(target: number, options: CutsOptions) {
    this.#target = target;
    this.#options = options;
  }

  static async start(targetPort: number, options: CutsOptions): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(targetPort, options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #pipe(client: Socket): void {
    const { random, cuts, longest } = this.#options;
    const server = connect(this.#target, "127.0.0.1");
    const sides = [client, server];
    for (const socket of sides) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        for (const other of sides) other.destroy();
      });
    }
    const isCut = this.#planned < cuts;
    if (isCut) this.#planned++;
    const cutsToServer = random(2) === 0;
    const [ofServer, ofClient] = [1 + random(longest.toServer), 1 + random(longest.toClient)];
    const isReset = random(2) === 0;
    const cut = (): void => {
      this.cuts++;
      for (const socket of sides) {
        if (isReset) socket.resetAndDestroy();
        else socket.destroySoon();
      }
    };
    forward(client, server, isCut && cutsToServer ? ofServer : undefined, cut);
    forward(server, client, isCut && !cutsToServer ? ofClient : undefined, cut);
  }
}

/** Passes on `bytes` bytes, not one more, and cuts then. */
function forward(from: Socket, to: Socket, bytes: number | undefined, cut: () => void): void {
  if (bytes === undefined) {
    from.pipe(to);
    return;
  }
  let left = bytes;
  from.on("data", (chunk: Buffer) => {
    if (left === 0) return;
    const part = chunk.subarray(0, left);
    left -= part.length;
    to.write(part, () => left === 0 && cut());
  });
}
