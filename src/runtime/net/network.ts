// What a connection receives can go straight into the memory of its frame.
import { createServer, isIP, type OnReadOpts, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { listen } from "./listening.ts";

/** Takes what a connection receives: `space` tells where the next bytes belong, `filled` how many have come. It must not throw. */
export interface ConnectionReader {
  space(): Buffer;
  filled(bytes: number): void;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** True for the system's certificate authorities, or options of node:tls. */
  readonly tls?: boolean | object | undefined;
  /** Without one, what it receives comes as "data". */
  readonly reader?: ConnectionReader | undefined;
}

/** One side of a stream of bytes between two programs: what a socket of Node's has. */
export interface Connection {
  readonly destroyed: boolean;
  /** Bytes that wait to be sent. */
  readonly writableLength: number;
  readonly remoteAddress?: string | undefined;
  write(bytes: Uint8Array, sent?: (error?: Error | null) => void): boolean;
  cork(): void;
  uncork(): void;
  pause(): this;
  resume(): this;
  /** Nothing is sent or received any more; "close" follows. */
  destroy(): this;
  /** Calls when nothing was sent or received for so long. */
  setTimeout(ms: number, callback: () => void): this;
  on(event: "data", listener: (bytes: Buffer) => void): this;
  on(event: "connect" | "secureConnect" | "close" | "end", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  once(event: "data", listener: (bytes: Buffer) => void): this;
  once(event: "connect" | "secureConnect" | "close" | "end", listener: () => void): this;
  once(event: "error", listener: (error: Error) => void): this;
}

/** A server that takes connections. */
export interface Listener {
  readonly port: number;
  /** Resolves when it takes none any more and those that it took have ended. */
  close(): Promise<void>;
}

/** Connections to programs on this machine and others. */
export interface Network {
  /** A connection that is being made: "connect", or with TLS "secureConnect", tells when it is there. */
  connect(options: ConnectOptions): Connection;
  /** @throws PORT_IN_USE, or what the system says. */
  listen(host: string, port: number, connected: (connection: Connection) => void): Promise<Listener>;
}

/** The machine's. */
export const nodeNetwork: Network = {
  connect({ host, port, tls, reader }) {
    const reading = reader === undefined ? {} : { onread: onread(reader) };
    // Proxies that serve several brokers at one address go by the name. Node's sockets take `onread` with TLS, too; only its types do
    // not say so.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket: Socket = tls
      ? tlsConnect({ ...name, ...(tls === true ? {} : tls), host, port, ...reading })
      : tcpConnect({ host, port, ...reading });
    return socket.setNoDelay(true).on("error", () => {});
  },
  async listen(host, port, connected) {
    const server = createServer((socket) => connected(socket.setNoDelay(true)));
    await listen(server, port, host);
    const { port: bound } = server.address() as { port: number };
    return { port: bound, close: () => new Promise((resolve) => server.close(() => resolve())) };
  },
};

function onread(reader: ConnectionReader): OnReadOpts {
  return {
    buffer: () => reader.space(),
    callback: (bytes) => {
      reader.filled(bytes);
      return true;
    },
  };
}
