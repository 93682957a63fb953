import { connect, type Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { SourceBatch, SourceDriver } from "../source-driver.ts";
import { sliceRows } from "./slices.ts";

const reconnectDelayMs = 2_000;
/** Characters that may wait for a batch before the socket is paused. */
const maxWaiting = 64 * 1024 * 1024;
const maxLineLength = 16 * 1024 * 1024;

export interface SocketSourceOptions {
  readonly host: string;
  readonly port: number;
  /** The receiver connected, or lost its connection; it connects again after 2 s, as Spark's does. */
  readonly onConnected: () => void;
  readonly onError: (error: DStreamError) => void;
}

/** Lines of UTF-8 text from a TCP server; the driver receives them. At most once: what was received and not run is lost with the process. */
export class SocketSource implements SourceDriver {
  readonly nodeId: number;
  readonly #options: SocketSourceOptions;
  #socket: Socket | undefined;
  #decoder = new StringDecoder("utf8");
  #partialLine = "";
  #lines: string[] = [];
  #waiting = 0;
  #reconnect: NodeJS.Timeout | undefined;
  #isStopped = false;
  #numPartitions = 1;

  constructor(nodeId: number, options: SocketSourceOptions) {
    this.nodeId = nodeId;
    this.#options = options;
  }

  async start(slots: number): Promise<number> {
    this.#numPartitions = slots;
    this.#connect();
    return slots;
  }

  async plan(): Promise<SourceBatch> {
    const lines = this.#lines;
    this.#lines = [];
    this.#waiting = 0;
    this.#socket?.resume();
    return sliceRows(this.nodeId, lines, this.#numPartitions);
  }

  /** What had been received for a batch that did not end is gone. */
  async again(): Promise<SourceBatch> {
    return sliceRows(this.nodeId, [], this.#numPartitions);
  }

  async committed(): Promise<void> {}

  drain(): boolean {
    this.#disconnect();
    return this.#lines.length > 0;
  }

  async stop(): Promise<void> {
    this.#disconnect();
  }

  #connect(): void {
    const { host, port, onConnected, onError } = this.#options;
    const socket = connect({ host, port });
    this.#socket = socket;
    this.#decoder = new StringDecoder("utf8");
    let cause: Error | undefined;
    socket.on("connect", onConnected);
    socket.on("data", (chunk: Buffer) => this.#receive(this.#decoder.write(chunk), socket));
    socket.on("error", (error) => {
      cause = error;
    });
    socket.on("close", () => {
      this.#endLine();
      if (this.#isStopped) return;
      const text = `the connection to ${host}:${port} ended; connecting again in ${reconnectDelayMs / 1_000} s`;
      onError(new DStreamError("BROKER_UNREACHABLE", text, { cause, data: { host, port } }));
      this.#reconnect = setTimeout(() => this.#connect(), reconnectDelayMs);
    });
  }

  #receive(text: string, socket: Socket): void {
    const lines = (this.#partialLine + text).split("\n");
    this.#partialLine = lines.pop() ?? "";
    for (const line of lines) this.#lines.push(line.endsWith("\r") ? line.slice(0, -1) : line);
    this.#waiting += text.length;
    if (this.#partialLine.length > maxLineLength) {
      this.#partialLine = "";
      const { host, port } = this.#options;
      socket.destroy(
        new DStreamError("FRAME_TOO_LARGE", `a line from ${host}:${port} is longer than ${maxLineLength} characters`),
      );
    }
    if (this.#waiting > maxWaiting) socket.pause();
  }

  /** A connection's last line may lack its end. */
  #endLine(): void {
    if (this.#partialLine !== "") this.#lines.push(this.#partialLine);
    this.#partialLine = "";
  }

  #disconnect(): void {
    this.#isStopped = true;
    clearTimeout(this.#reconnect);
    if (this.#socket !== undefined && !this.#socket.destroyed) {
      this.#endLine();
      this.#socket.destroy();
    }
  }
}
