import { connect, type Socket } from "node:net";
import { LineSplitter } from "../../codec/line-splitter.ts";
import { Receiver } from "./receiver.ts";

/** Makes rows of the bytes of a connection, a few at a time. */
export type RowsOf<T> = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<readonly T[]>;

export interface SocketReceiverOptions<T> {
  /** The stream in words, for listeners. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  readonly rowsOf: RowsOf<T>;
}

const maxLineLength = 16 * 1024 * 1024;

/** Rows from a TCP server. Connects again 2 s after a connection has ended. At most once: nobody is told what was received. */
export class SocketReceiver<T> extends Receiver<T> {
  readonly #options: SocketReceiverOptions<T>;
  #socket: Socket | undefined;
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
    const { host, port } = this.#options;
    this.#socket = connect({ host, port });
    this.#receiving = this.#receive(this.#socket);
  }

  async onStop(): Promise<void> {
    this.#socket?.destroy();
    await this.#receiving;
  }

  async #receive(socket: Socket): Promise<void> {
    const { host, port, rowsOf } = this.#options;
    let error: unknown;
    const ended = (cause: unknown): void => {
      error ??= cause;
    };
    try {
      for await (const rows of rowsOf(bytesOf(socket, ended))) {
        for (const row of rows) {
          void this.store(row);
          if (this.isFull) await this.ready();
        }
      }
    } catch (cause) {
      ended(cause);
    }
    socket.destroy();
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
async function* bytesOf(socket: Socket, ended: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* socket as AsyncIterable<Uint8Array>;
  } catch (error) {
    ended(error);
  }
}
