import { EmbeddedBroker } from "../../src/broker/embedded-broker.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import type { SimHost } from "./world/sim-host.ts";
import type { SimProcess } from "./world/sim-process.ts";
import type { SimWorld } from "./world/sim-world.ts";

/** How long a broker takes to start. */
const startMs = 300;

/** What the brokers of a run have in common, be there one or several. */
export interface Brokers {
  readonly nodes: readonly {
    readonly host: SimHost;
    readonly process: SimProcess | undefined;
    start(): void;
    /** It is started again after `forMs`. */
    kill(forMs: number): void;
  }[];
  readonly isRunning: boolean;
  start(): void;
  /** @throws INVALID_OPTION when the topic exists. */
  createTopic(name: string, partitions: number): Promise<void>;
  /** A partition of a job's topic, or one that has the state of coordinators, gets another leader. */
  elect(of: "data" | "state"): void;
  stop(): Promise<void>;
}

/** A host with the embedded broker, which starts it again when it has died. */
export class BrokerHost implements Brokers {
  readonly nodes = [this];
  readonly host: SimHost;
  readonly #world: SimWorld;
  readonly #failed: (error: unknown) => void;
  process: SimProcess | undefined;
  #broker: EmbeddedBroker | undefined;
  #isStopping = false;

  constructor(world: SimWorld, name: string, failed: (error: unknown) => void) {
    this.#world = world;
    this.#failed = failed;
    this.host = world.host(name, [world.volume("log")]);
  }

  start(): void {
    if (this.process?.isAlive || this.#isStopping) return;
    const process = this.host.start("broker");
    this.process = process;
    this.#world.scheduler.after(startMs, () => process.deliver(() => void this.#run(process)));
  }

  kill(forMs: number): void {
    this.process?.kill();
    this.#world.scheduler.after(forMs, () => this.start());
  }

  createTopic(name: string, partitions: number): Promise<void> {
    if (this.#broker === undefined) throw new Error("the broker does not run yet");
    return this.#broker.createTopic(name, { partitions });
  }

  get isRunning(): boolean {
    return this.#broker !== undefined;
  }

  /** There is no other. */
  elect(): void {}

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#broker?.stop();
    this.process?.kill();
  }

  async #run(process: SimProcess): Promise<void> {
    const runtime = { ...this.host.machineOf(process), process };
    try {
      const options = { host: this.host.name, port: 9092, dir: "/log/data", [runtimeKey]: runtime };
      this.#broker = await EmbeddedBroker.start(options);
      this.#world.trace(process.name, "serves");
    } catch (error) {
      this.#failed(error);
    }
  }
}
