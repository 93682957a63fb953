import { DStreamError } from "../../errors/dstream-error.ts";
import type { Timer, Timers } from "../../runtime/machine/timers.ts";
import type { FramePool } from "../protocol/frame-pool.ts";
import { addressText, type BrokerAddress, parseBrokers } from "./broker-address.ts";
import {
  BrokerConnection,
  type ClientMachine,
  type ConnectionSettings,
  type RequestType,
} from "./broker-connection.ts";

/** What a request may need besides itself. */
export interface SendOptions {
  /** How long the request lets the broker wait before it answers. Default 0. */
  readonly waitMs?: number;
  /** Where the answer may lie, see BrokerConnection.send. */
  readonly memory?: FramePool | undefined;
}

/** A connection that opened, or why it did not. */
interface Opened {
  readonly connection: BrokerConnection;
  readonly error?: unknown;
}

/** Whether another broker of the list may do better: what is at this address may be no broker at all. */
function isOfOneBroker({ code }: DStreamError): boolean {
  return code === "BROKER_UNREACHABLE" || code === "FRAME_TOO_LARGE";
}

/** How long one broker is waited for before the next is tried as well. */
const nextAfterMs = 1_000;

/** The brokers of a cluster, and one connection to each that is used. */
export class BrokerPool {
  readonly #settings: ConnectionSettings;
  readonly #machine: ClientMachine;
  readonly #bootstrap: readonly BrokerAddress[];
  #nodes: ReadonlyMap<number, BrokerAddress> = new Map();
  readonly #connections = new Map<string, BrokerConnection>();
  /** When brokers were found unreachable. */
  readonly #failedAt = new Map<string, number>();
  #isClosed = false;

  /** @throws INVALID_OPTION for brokers that are not "host:port". */
  constructor(settings: ConnectionSettings & { readonly brokers: readonly string[] }, machine: ClientMachine) {
    this.#bootstrap = parseBrokers(settings.brokers);
    this.#settings = settings;
    this.#machine = machine;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The brokers that were given, as text. */
  get given(): string {
    return this.#bootstrap.map(addressText).join(", ");
  }

  addressOf(nodeId: number): BrokerAddress | undefined {
    return this.#nodes.get(nodeId);
  }

  /** The brokers that the cluster has now. */
  learn(brokers: readonly (BrokerAddress & { readonly nodeId: number })[]): void {
    if (brokers.length === 0) return;
    this.#nodes = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
  }

  /** @throws what BrokerConnection throws; ILLEGAL_STATE after `close`. */
  async send<Q, R>(
    address: BrokerAddress,
    type: RequestType<Q, R>,
    request: Q,
    { waitMs, memory }: SendOptions = {},
  ): Promise<R> {
    const connection = this.#connection(address);
    await connection.opened;
    return connection.send(type, request, waitMs, memory);
  }

  /**
   * To one of the brokers that are connected, else to the one that first is: the others are tried in turn, those last that could not be
   * reached of late, and each after a second in which nobody answered.
   *
   * @throws BROKER_UNREACHABLE naming all that were tried, and why.
   */
  async sendToAny<Q, R>(type: RequestType<Q, R>, request: Q): Promise<R> {
    const candidates = this.#candidates();
    const opening = new Map<string, Promise<Opened>>();
    let last: unknown;
    const reasons: string[] = [];
    while (candidates.length > 0 || opening.size > 0) {
      const next = candidates.shift();
      if (next !== undefined) opening.set(addressText(next), this.#opened(next));
      const withinMs = candidates.length > 0 ? nextAfterMs : undefined;
      const first = await firstOf(opening.values(), withinMs, this.#machine.timers);
      if (first === undefined) continue;
      opening.delete(addressText(first.connection.address));
      try {
        if (first.error !== undefined) throw first.error;
        return await first.connection.send(type, request);
      } catch (thrown) {
        if (!(thrown instanceof DStreamError) || !isOfOneBroker(thrown)) throw thrown;
        last = thrown;
        reasons.push(thrown.message.replace(/^\[\w+\] /, ""));
      }
    }
    this.#checkOpen();
    // What the only one answered has a code of its own.
    if (reasons.length === 1 && last instanceof DStreamError && last.code !== "BROKER_UNREACHABLE") throw last;
    const text = `no broker of ${this.given} can be reached: ${reasons.join("; ")}`;
    throw new DStreamError("BROKER_UNREACHABLE", text, { cause: last });
  }

  /** Never rejects. */
  #opened(address: BrokerAddress): Promise<Opened> {
    const connection = this.#connection(address);
    return connection.opened.then(
      () => ({ connection }),
      (error: unknown) => ({ connection, error }),
    );
  }

  /** Ends at once: what is being opened is given up, too. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  /** Each address once. */
  #candidates(): BrokerAddress[] {
    const all = new Map(
      [...this.#nodes.values(), ...this.#bootstrap].map((address) => [addressText(address), address]),
    );
    const rank = (id: string): number => (this.#isOpen(id) ? -1 : (this.#failedAt.get(id) ?? 0));
    return [...all].sort(([a], [b]) => rank(a) - rank(b)).map(([, address]) => address);
  }

  #isOpen(id: string): boolean {
    return this.#connections.get(id)?.isOpen ?? false;
  }

  /** The connection to a broker; a broken one is replaced. */
  #connection(address: BrokerAddress): BrokerConnection {
    this.#checkOpen();
    const id = addressText(address);
    const present = this.#connections.get(id);
    if (present !== undefined && !present.isClosed) return present;
    const fresh = new BrokerConnection(address, this.#settings, this.#machine);
    this.#connections.set(id, fresh);
    fresh.opened.then(
      () => this.#failedAt.delete(id),
      () => this.#failedAt.set(id, this.#machine.timers.elapsed()),
    );
    return fresh;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DStreamError("ILLEGAL_STATE", "the Kafka client was closed");
  }
}

/** The first that is there, or undefined after a while. */
async function firstOf(
  all: Iterable<Promise<Opened>>,
  withinMs: number | undefined,
  timers: Timers,
): Promise<Opened | undefined> {
  if (withinMs === undefined) return Promise.race(all);
  let timer: Timer | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = timers.after(withinMs, () => resolve(undefined));
  });
  try {
    return await Promise.race([...all, late]);
  } finally {
    timer?.cancel();
  }
}
