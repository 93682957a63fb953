import { EventEmitter } from "node:events";
import { DStreamError } from "dstream";
import type {
  Connection,
  ConnectionReader,
  ConnectOptions,
  Listener,
  Network,
} from "../../../src/runtime/net/network.ts";
import type { SimHost } from "./sim-host.ts";
import type { SimProcess } from "./sim-process.ts";
import { systemError } from "./sim-volume.ts";
import type { SimWorld } from "./sim-world.ts";

interface Listening {
  readonly process: SimProcess;
  readonly connected: (connection: Connection) => void;
}

/** What connects the hosts. Streams of bytes keep their order; how long they take, and what is cut, the run decides. */
export class SimNetwork {
  readonly world: SimWorld;
  /** How long a packet takes, in ms. */
  latency = { least: 0.05, most: 1 };
  /** How often a connection's end is told twice, as some stacks do: once in this many; 0: never. */
  doubleCloseOneIn = 0;
  readonly #listening = new Map<string, Listening>();
  readonly #open = new Set<SimConnection>();
  /** Hosts that reach each other, but none of the others. */
  #island: ReadonlySet<string> | undefined;
  /** One way: packets from the first to the second are lost. */
  #deaf: readonly [from: string, to: string] | undefined;
  #held: (() => void)[] = [];

  constructor(world: SimWorld) {
    this.world = world;
  }

  get connections(): readonly SimConnection[] {
    return [...this.#open];
  }

  of(process: SimProcess): Network {
    return {
      connect: (options) => this.#connect(process, options),
      listen: (host, port, connected) => this.#listen(process, host, port, connected),
    };
  }

  isolate(hosts: ReadonlySet<string>): void {
    this.#island = hosts;
    this.world.trace("network", `parts ${[...hosts].join(", ")} from the others`);
  }

  /** What `from` sends does not reach `to`; the other way is open. */
  deafen(from: string, to: string): void {
    this.#deaf = [from, to];
    this.world.trace("network", `loses what ${from} sends to ${to}`);
  }

  heal(): void {
    if (this.#island === undefined && this.#deaf === undefined) return;
    this.#island = undefined;
    this.#deaf = undefined;
    this.world.trace("network", "is whole again");
    const held = this.#held;
    this.#held = [];
    for (const deliver of held) this.world.scheduler.after(this.#ms(), deliver);
  }

  reaches(from: string, to: string): boolean {
    if (from === to) return true;
    if (this.#deaf !== undefined && this.#deaf[0] === from && this.#deaf[1] === to) return false;
    return this.#island === undefined || this.#island.has(from) === this.#island.has(to);
  }

  /** Both sides of a connection find it reset; what was on its way is lost. */
  cut(connection: SimConnection): void {
    this.world.trace("network", `cuts ${connection.process.name} from ${connection.peer?.process.name ?? "nobody"}`);
    connection.reset();
    connection.peer?.reset();
  }

  hostCrashed(host: SimHost): void {
    for (const connection of this.#open) if (connection.process.host === host) connection.vanish();
  }

  /** Lets something arrive, in `arrivesAt`'s order; while the way is cut it waits, as TCP sends again. */
  carry(from: string, to: string, notBefore: number, arrive: () => void): number {
    const { scheduler } = this.world;
    const at = Math.max(notBefore, scheduler.now + this.#ms());
    const deliver = (): void => {
      if (this.reaches(from, to)) arrive();
      else this.#held.push(deliver);
    };
    scheduler.after(at - scheduler.now, deliver);
    return at;
  }

  closed(connection: SimConnection): void {
    this.#open.delete(connection);
  }

  #ms(): number {
    return this.world.scheduler.between(this.latency.least, this.latency.most);
  }

  #connect(process: SimProcess, { host, port, reader }: ConnectOptions): Connection {
    const connection = new SimConnection(this, process, host, reader);
    const from = process.host.name;
    this.carry(from, host, 0, () => {
      const listening = this.#listening.get(`${host}:${port}`);
      if (listening === undefined) {
        this.carry(host, from, 0, () => connection.fail(systemError("ECONNREFUSED", "connect", `${host}:${port}`)));
        return;
      }
      if (connection.destroyed) return;
      const accepted = new SimConnection(this, listening.process, from);
      connection.joins(accepted);
      this.#open.add(connection).add(accepted);
      listening.process.deliver(() => {
        if (!accepted.destroyed) listening.connected(accepted);
      });
      this.carry(host, from, 0, () => connection.opened());
    });
    return connection;
  }

  async #listen(
    process: SimProcess,
    host: string,
    port: number,
    connected: (connection: Connection) => void,
  ): Promise<Listener> {
    const address = `${host}:${port}`;
    if (this.#listening.has(address))
      throw new DStreamError("PORT_IN_USE", `${address} is in use`, { data: { host, port } });
    this.#listening.set(address, { process, connected });
    const close = (): void => void this.#listening.delete(address);
    process.atEnd(close);
    return {
      port,
      close: async () => close(),
    };
  }
}

/** One side of a connection, as its process has it. */
export class SimConnection extends EventEmitter implements Connection {
  readonly process: SimProcess;
  readonly remoteAddress: string;
  peer: SimConnection | undefined;
  destroyed = false;
  writableLength = 0;
  readonly #network: SimNetwork;
  readonly #reader: ConnectionReader | undefined;
  readonly #forget: () => void;
  readonly #boots: number;
  #hasVanished = false;
  #corked = 0;
  #out: (readonly [bytes: Uint8Array, sent: ((error?: Error | null) => void) | undefined])[] = [];
  #inbox: (() => void)[] = [];
  #isPaused = false;
  #arrivesAt = 0;
  #activeAt = 0;

  constructor(network: SimNetwork, process: SimProcess, remote: string, reader?: ConnectionReader) {
    super();
    this.#network = network;
    this.process = process;
    this.remoteAddress = remote;
    this.#reader = reader;
    this.#boots = process.host.boots;
    this.#forget = process.atEnd(() => this.#processDied());
  }

  joins(other: SimConnection): void {
    this.peer = other;
    other.peer = this;
  }

  opened(): void {
    this.process.deliver(() => {
      if (!this.destroyed) this.emit("connect");
    });
  }

  write(bytes: Uint8Array, sent?: (error?: Error | null) => void): boolean {
    if (this.destroyed) {
      sent?.(systemError("EPIPE", "write", this.remoteAddress));
      return false;
    }
    this.#out.push([Uint8Array.from(bytes), sent]);
    this.writableLength += bytes.length;
    if (this.#corked === 0) this.#flush();
    return true;
  }

  cork(): void {
    this.#corked++;
  }

  uncork(): void {
    this.#corked--;
    if (this.#corked === 0) this.#flush();
  }

  pause(): this {
    this.#isPaused = true;
    return this;
  }

  resume(): this {
    if (!this.#isPaused) return this;
    this.#isPaused = false;
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const take of waiting) this.#network.world.scheduler.after(0, () => this.#taken(take));
    return this;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.#end(undefined);
    const { peer } = this;
    if (peer !== undefined) this.#carry(() => peer.#received(() => peer.#end(undefined)));
    return this;
  }

  setTimeout(ms: number, callback: () => void): this {
    const { scheduler } = this.#network.world;
    this.#activeAt = scheduler.now;
    const look = (): void => {
      if (this.destroyed || !this.process.isAlive) return;
      const left = this.#activeAt + ms - scheduler.now;
      if (left > 0) scheduler.after(left, look);
      else this.process.deliver(callback);
    };
    scheduler.after(ms, look);
    return this;
  }

  /** It could not be made. */
  fail(error: Error): void {
    this.process.deliver(() => this.#end(error));
  }

  /** It is broken: this side finds out at once. */
  reset(): void {
    this.process.deliver(() => this.#end(systemError("ECONNRESET", "read", this.remoteAddress)));
  }

  /** Its host has crashed: the other side is told nothing. */
  vanish(): void {
    this.destroyed = true;
    this.#hasVanished = true;
    this.#forget();
    this.#network.closed(this);
  }

  #flush(): void {
    const { peer } = this;
    const parts = this.#out;
    this.#out = [];
    if (parts.length === 0) return;
    const bytes = Buffer.concat(parts.map(([part]) => part));
    this.#activeAt = this.#network.world.scheduler.now;
    const sent = (error?: Error): void => {
      this.writableLength -= bytes.length;
      this.process.deliver(() => {
        for (const [, callback] of parts) callback?.(error);
      });
    };
    if (peer === undefined) return;
    this.#carry(() => {
      if (peer.destroyed) {
        // The other host answers that it knows of no such connection. One that has crashed does so when it is back.
        if (!peer.#hasVanished || peer.process.host.boots > peer.#boots) this.#carryBack(() => this.reset());
        return;
      }
      peer.#received(() => {
        sent();
        peer.#take(bytes);
      });
    });
  }

  #received(take: () => void): void {
    this.process.deliver(() => this.#taken(take));
  }

  #taken(take: () => void): void {
    if (this.#isPaused && !this.destroyed) this.#inbox.push(take);
    else take();
  }

  #take(bytes: Buffer): void {
    if (this.destroyed) return;
    this.#activeAt = this.#network.world.scheduler.now;
    for (let rest = bytes; rest.length > 0 && !this.destroyed; ) {
      const { scheduler } = this.#network.world;
      // As a stream of bytes comes: in pieces that have nothing to do with what was written.
      let size = scheduler.oneIn(20) ? 1 + scheduler.random(rest.length) : rest.length;
      if (this.#reader === undefined) this.emit("data", Buffer.from(rest.subarray(0, size)));
      else {
        const space = this.#reader.space();
        size = Math.min(size, space.length);
        space.set(rest.subarray(0, size));
        this.#reader.filled(size);
      }
      rest = rest.subarray(size);
    }
  }

  #carry(arrive: () => void): void {
    this.#arrivesAt = this.#network.carry(this.process.host.name, this.remoteAddress, this.#arrivesAt, arrive);
  }

  #carryBack(arrive: () => void): void {
    this.#network.carry(this.remoteAddress, this.process.host.name, 0, arrive);
  }

  #processDied(): void {
    this.destroyed = true;
    this.#network.closed(this);
    const { peer } = this;
    const isReset = this.#network.world.scheduler.oneIn(2);
    if (peer !== undefined)
      this.#carry(() => {
        if (isReset) peer.reset();
        else peer.#received(() => peer.#end(undefined));
      });
  }

  #end(error: Error | undefined): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#forget();
    this.#network.closed(this);
    const { scheduler } = this.#network.world;
    const times = scheduler.oneIn(this.#network.doubleCloseOneIn) ? 2 : 1;
    scheduler.after(0, () =>
      this.process.deliver(() => {
        if (error !== undefined && this.listenerCount("error") > 0) this.emit("error", error);
        for (let i = 0; i < times; i++) this.emit("close");
      }),
    );
  }
}
