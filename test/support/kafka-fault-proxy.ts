import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type ApiName, apiKeys } from "../../src/kafka/protocol/api-keys.ts";
import { FrameSplitter } from "../../src/kafka/protocol/frame-splitter.ts";

/**
 * What becomes of one request: it never arrives; it is carried out and nobody is told; it arrives later, when the
 * client's connection was cut already. In each of these cases the client sees a broken connection. Or it waits on its way.
 */
export type RequestFault =
  | "request lost"
  | "answer lost"
  | { readonly arrives: () => Promise<unknown> }
  | { readonly waits: () => Promise<unknown> };

const host = "127.0.0.1";

/** Stands between Kafka's clients and a broker on loopback, which clients then know by the proxy's address only. */
export class KafkaFaultProxy implements AsyncDisposable {
  readonly #target: number;
  readonly #server = createServer((client) => this.#serve(client));
  readonly #sockets = new Set<Socket>();
  readonly #faults = new Map<number, (RequestFault | undefined)[]>();
  /** Requests that met a fault. */
  readonly hits: ApiName[] = [];
  readonly #unheard = Promise.withResolvers<void>();

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(brokers: string): Promise<KafkaFaultProxy> {
    const proxy = new KafkaFaultProxy(Number(brokers.split(":")[1]));
    proxy.#server.listen(0, host);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get brokers(): string {
    return `${host}:${this.#port}`;
  }

  /** Resolves when the broker has answered a request whose answer nobody hears. */
  get unheardAnswer(): Promise<void> {
    return this.#unheard.promise;
  }

  /** The next requests of a kind meet these faults, one each; undefined for none. */
  plan(api: ApiName, ...faults: readonly (RequestFault | undefined)[]): void {
    this.#faults.set(apiKeys[api], [...faults]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(client: Socket): void {
    const server = connect(this.#target, host);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      socket.on("error", () => {});
      socket.once("close", () => this.#sockets.delete(socket));
    }
    server.once("close", () => client.destroy());
    let isMute = false;
    const requests = new FrameSplitter((frame) => {
      const fault = this.#faults.get(frame.readInt16BE(0))?.shift();
      if (fault === undefined) return send(server, frame);
      this.hits.push(nameOf(frame.readInt16BE(0)));
      if (typeof fault === "object" && "waits" in fault) return void fault.waits().then(() => send(server, frame));
      isMute = true;
      void this.#break(fault, frame, client, server);
    });
    const answers = new FrameSplitter((frame) => {
      if (isMute) {
        this.#unheard.resolve();
        client.resetAndDestroy();
      } else send(client, this.#withOwnPort(frame));
    });
    client.on("data", (chunk) => requests.push(chunk));
    client.once("close", () => {
      if (!isMute) server.destroy();
    });
    server.on("data", (chunk) => answers.push(chunk));
  }

  async #break(
    fault: Exclude<RequestFault, { waits: unknown }>,
    frame: Buffer,
    client: Socket,
    server: Socket,
  ): Promise<void> {
    if (fault === "answer lost") return send(server, frame);
    client.resetAndDestroy();
    if (fault === "request lost") server.destroy();
    else {
      await fault.arrives();
      send(server, frame);
    }
  }

  /** Brokers tell their address as a compact string and a port. */
  #withOwnPort(frame: Buffer): Buffer {
    const address = Buffer.concat([Buffer.from([host.length + 1]), Buffer.from(host), Buffer.alloc(4)]);
    address.writeInt32BE(this.#target, address.length - 4);
    for (let at = frame.indexOf(address); at >= 0; at = frame.indexOf(address, at)) {
      frame.writeInt32BE(this.#port, at + address.length - 4);
    }
    return frame;
  }
}

function send(socket: Socket, frame: Buffer): void {
  const length = Buffer.alloc(4);
  length.writeInt32BE(frame.length);
  socket.write(Buffer.concat([length, frame]));
}

function nameOf(key: number): ApiName {
  return Object.entries(apiKeys).find(([, number]) => number === key)?.[0] as ApiName;
}
