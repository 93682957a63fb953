import { Scheduler } from "./scheduler.ts";
import { SimHost } from "./sim-host.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimVolume } from "./sim-volume.ts";

/** Hosts, disks and a network between them, in simulated time; one seed decides all that happens. */
export class SimWorld {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly hosts = new Map<string, SimHost>();
  readonly #lines: string[] | undefined;
  /** Of all that happened, in its order: two runs with the same number were the same run. */
  traceHash = 0;

  /** `keepsTrace`: what happens is kept as text, too. */
  constructor(seed: number, keepsTrace = false) {
    this.scheduler = new Scheduler(seed);
    this.network = new SimNetwork(this);
    this.#lines = keepsTrace ? [] : undefined;
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** A host with a disk of its own for temporary files, and others that are given. */
  host(name: string, volumes: readonly SimVolume[] = []): SimHost {
    const host = new SimHost(this, name);
    for (const volume of [new SimVolume("tmp", this.scheduler), ...volumes]) host.volumes.set(volume.name, volume);
    this.hosts.set(name, host);
    return host;
  }

  volume(name: string): SimVolume {
    return new SimVolume(name, this.scheduler);
  }

  trace(who: string, what: string): void {
    const { now, events } = this.scheduler;
    let hash = this.traceHash;
    for (const text of [String(events), who, what])
      for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
    this.traceHash = hash;
    this.#lines?.push(`${(now / 1_000).toFixed(3).padStart(9)} s  ${who}: ${what}`);
  }
}
