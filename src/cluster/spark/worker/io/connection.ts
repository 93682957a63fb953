import type { Socket } from "node:net";
import type { TaskOutput } from "../protocol/task-output.ts";
import { PeerGone } from "./peer-gone.ts";
import { SocketSink } from "./socket-sink.ts";
import { SocketSource } from "./socket-source.ts";

/** A worker's connection to Spark. */
export class Connection {
  readonly source: SocketSource;
  readonly sink: SocketSink;
  /** Aborts when the connection is closed, from whichever side. */
  readonly closed: AbortSignal;
  /** The answer of the task that runs. */
  task: TaskOutput | undefined;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    const closed = new AbortController();
    this.closed = closed.signal;
    for (const event of ["end", "close"]) socket.on(event, () => closed.abort(new PeerGone()));
    this.source = new SocketSource(socket);
    this.sink = new SocketSink(socket);
    socket.setNoDelay(true);
  }

  /**
   * Sends what is left to send, then closes; resolves when Spark has closed, too. What Spark still sends is thrown away: closing
   * a socket with bytes unread would reset it, and Spark might miss the error that it is about to read.
   */
  async end(): Promise<void> {
    this.source.discard();
    this.#socket.end();
    if (!this.#socket.closed) await new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
  }
}
