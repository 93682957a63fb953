import type { SimHost } from "../world/sim-host.ts";
import type { SimProcess } from "../world/sim-process.ts";
import type { SimWorld } from "../world/sim-world.ts";
import { Broker } from "./broker.ts";
import type { ReplicaLog } from "./replica-log.ts";
import type { SimCluster } from "./sim-cluster.ts";

/** How long a broker takes to start. */
const startMs = 300;

/** A host with a broker of the cluster, which starts it again when it has died. Its disk keeps everything. */
export class BrokerNode {
  readonly id: number;
  readonly host: SimHost;
  readonly disk = new Map<string, ReplicaLog>();
  readonly #world: SimWorld;
  readonly #cluster: SimCluster;
  process: SimProcess | undefined;
  broker: Broker | undefined;

  constructor(world: SimWorld, id: number, cluster: SimCluster) {
    this.id = id;
    this.#world = world;
    this.#cluster = cluster;
    this.host = world.host(`broker-${id}`);
  }

  start(): void {
    if (this.process?.isAlive || this.#cluster.isStopping) return;
    const process = this.host.start("broker");
    this.process = process;
    this.#world.scheduler.after(startMs, () =>
      process.deliver(() => {
        this.broker = new Broker(this.#cluster, this, process);
      }),
    );
  }

  kill(forMs: number): void {
    this.process?.kill();
    this.broker = undefined;
    this.#world.scheduler.after(forMs, () => this.start());
  }
}
