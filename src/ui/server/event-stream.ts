import type { ServerResponse } from "node:http";

const maxClients = 64;
/** What may wait for a client that does not read: then it is cut off, and its browser connects again. */
const maxWaitingBytes = 4 * 1024 * 1024;
/** So often a comment is sent, by which each side sees that the other one is gone; more often than silent connections are cut. */
const heartbeatMs = 5_000;

/** Sends the same events to every page that listens, as server-sent events (HTML's standard, section 9.2). */
export class EventStream {
  readonly #clients = new Set<ServerResponse>();
  #heartbeat: NodeJS.Timeout | undefined;

  get numClients(): number {
    return this.#clients.size;
  }

  get isFull(): boolean {
    return this.#clients.size >= maxClients;
  }

  /** Keeps the response open; `first` is what this client is told at once. */
  add(response: ServerResponse, first: readonly ServerEvent[]): void {
    response.writeHead(200, { "content-type": "text/event-stream", "x-accel-buffering": "no" });
    response.write("retry: 1000\n\n");
    this.#clients.add(response);
    response.once("close", () => this.#remove(response));
    this.#heartbeat ??= setInterval(() => this.#send(": still here\n\n"), heartbeatMs).unref();
    for (const event of first) response.write(textOf(event));
  }

  send(event: ServerEvent): void {
    if (this.#clients.size > 0) this.#send(textOf(event));
  }

  close(): void {
    for (const client of this.#clients) client.end();
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  #send(frame: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > maxWaitingBytes) client.destroy();
      else client.write(frame);
    }
  }

  #remove(client: ServerResponse): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}

export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

const textOf = ({ event, data }: ServerEvent): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
