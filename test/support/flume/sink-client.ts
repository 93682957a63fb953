import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { constants, createDeflate, createInflate } from "node:zlib";
import { Service } from "avsc";

/** An event as avsc takes it. */
export interface SentEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Flume's protocol, with the documentation and the kinds of strings that change a protocol's hash and nothing else. */
export const flumeProtocol = {
  protocol: "AvroSourceProtocol",
  namespace: "org.apache.flume.source.avro",
  doc: "as a sink tells it",
  types: [
    { type: "enum", name: "Status", symbols: ["OK", "FAILED", "UNKNOWN"] },
    {
      type: "record",
      name: "AvroFlumeEvent",
      fields: [
        { name: "headers", type: { type: "map", values: "string", "avro.java.string": "String" } },
        { name: "body", type: "bytes" },
      ],
    },
  ],
  messages: {
    append: { request: [{ name: "event", type: "AvroFlumeEvent" }], response: "Status" },
    appendBatch: {
      request: [{ name: "events", type: { type: "array", items: "AvroFlumeEvent" } }],
      response: "Status",
    },
  },
} as const;

export interface SinkClientOptions {
  readonly isDeflated?: boolean;
  readonly tls?: ConnectionOptions;
  readonly protocol?: object;
}

export function event(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): SentEvent {
  return { headers, body: Buffer.from(body as string) };
}

/** A sender that speaks Flume's protocol by another implementation of Avro than the receiver's. It may ask again before it is answered. */
export class SinkClient {
  readonly socket: Socket;
  readonly #client: Service.Client;
  /** Of calls that have no answer. */
  readonly #rejects = new Set<(error: Error) => void>();

  private constructor(socket: Socket, transport: Duplex, protocol: object) {
    this.socket = socket;
    const service = Service.forProtocol(protocol);
    this.#client = service.createClient({ buffering: true, strictTypes: true } as object);
    this.#client.createChannel(transport, { timeout: 0 } as object);
    socket.once("close", () => {
      for (const reject of this.#rejects) reject(new Error("the connection was closed"));
    });
  }

  static async connect(address: string, options: SinkClientOptions = {}): Promise<SinkClient> {
    const { isDeflated = false, tls, protocol = flumeProtocol } = options;
    const socket = await connected(address);
    const plain = isDeflated ? deflated(socket) : socket;
    const transport = tls === undefined ? plain : tlsConnect({ ...tls, socket: plain });
    transport.on("error", () => {});
    return new SinkClient(socket, transport, protocol);
  }

  append(sent: SentEvent): Promise<string> {
    return this.#call("append", { event: sent });
  }

  appendBatch(events: readonly SentEvent[]): Promise<string> {
    return this.#call("appendBatch", { events });
  }

  #call(message: string, request: object): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#rejects.add(reject);
      this.#client.emitMessage<string>(message, request, { timeout: 0 }, (error, status) => {
        this.#rejects.delete(reject);
        if (error) reject(error);
        else resolve(status as string);
      });
    });
  }
}

/** A connection to "host:port". */
export async function connected(address: string): Promise<Socket> {
  const at = address.lastIndexOf(":");
  const socket = connect(Number(address.slice(at + 1)), address.slice(0, at));
  await once(socket, "connect");
  return socket.on("error", () => {});
}

function deflated(socket: Socket): Duplex {
  const flush = constants.Z_SYNC_FLUSH;
  const [inflate, deflate] = [createInflate({ flush, finishFlush: flush }), createDeflate({ flush })];
  const duplex = Duplex.from({ readable: socket.pipe(inflate), writable: deflate });
  deflate.pipe(socket);
  socket.once("close", () => duplex.destroy());
  return duplex;
}
