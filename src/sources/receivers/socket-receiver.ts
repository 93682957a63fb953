import { LineSplitter } from "../../codec/line-splitter.ts";
import type { Connection, Network } from "../../runtime/net/network.ts";
import { Receiver } from "./receiver.ts";

/** Makes rows of the bytes of a connection, a few at a time. */
export type RowsOf<T> = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<readonly T[]>;

export interface SocketReceiverOptions<T> {
  /** The stream in words, for listeners. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  readonly rowsOf: RowsOf<T>;
  readonly network: Network;
}

const maxLineLength = 16 * 1024 * 1024;

/** Rows from a TCP server. Connects again 2 s after a connection has ended. At most once: nobody is told what was received. */
export class SocketReceiver<T> extends Receiver<T> {
  readonly #options: SocketReceiverOptions<T>;
  #connection: Connection | undefined;
  #receiving: Promise<void> | undefined;

  constructor(options: SocketReceiverOptions<T>) {
    super();
    this.#options = options;
  }

  override get name(): string {
    const { label, host, port } = this.#options;
    return `${label} ${host}:${port}`;
  }

  onStart(): void {
    const { host, port, network } = this.#options;
    this.#connection = network.connect({ host, port });
    this.#receiving = this.#receive(this.#connection);
  }

  async onStop(): Promise<void> {
    this.#connection?.destroy();
    await this.#receiving;
  }

  async #receive(connection: Connection): Promise<void> {
    const { host, port, rowsOf } = this.#options;
    let error: unknown;
    const ended = (cause: unknown): void => {
      error ??= cause;
    };
    try {
      for await (const rows of rowsOf(bytesOf(connection, ended))) {
        for (const row of rows) {
          void this.store(row);
          if (this.isFull) await this.ready();
        }
      }
    } catch (cause) {
      ended(cause);
    }
    connection.destroy();
    if (this.isStopped()) return;
    this.restart(`the connection to ${host}:${port} ended; connecting again in 2 s`, { error });
  }
}

/** Lines of UTF-8 text. The last one of a connection may lack its end. */
export function linesOf(where: string): RowsOf<string> {
  return async function* (bytes) {
    const splitter = new LineSplitter(where, maxLineLength);
    for await (const chunk of bytes) yield splitter.push(chunk);
    yield splitter.end();
  };
}

/** What a connection brings; it ends with the connection, for whatever reason: what came before that counts. */
async function* bytesOf(connection: Connection, ended: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  const came: Uint8Array[] = [];
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const over = (): void => {
    isOver = true;
    changed.resolve();
  };
  connection.on("data", (bytes) => {
    // Whoever takes the rows says how fast they come.
    connection.pause();
    came.push(bytes);
    changed.resolve();
  });
  connection.on("error", ended).on("end", over).on("close", over);
  for (;;) {
    await changed.promise;
    changed = Promise.withResolvers();
    yield* came.splice(0);
    if (isOver && came.length === 0) return;
    connection.resume();
  }
}
