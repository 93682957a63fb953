import { KafkaProducer } from "dstream";
import type { ProducerRecord } from "../../src/kafka/producer/record-producer.ts";
import { TransactionalSession } from "../../src/kafka/transactions/transactional-session.ts";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import type { History } from "./history.ts";
import { addressesOf } from "./jobs.ts";
import type { RunSpec } from "./run-spec.ts";
import type { SimHost } from "./world/sim-host.ts";
import type { SimProcess } from "./world/sim-process.ts";
import type { SimWorld } from "./world/sim-world.ts";

const setMax = 12;

/** Another program that writes to the job's input, sets of records at a time. What of it is committed, its topic says. */
export class ProducerHost {
  readonly host: SimHost;
  readonly #world: SimWorld;
  readonly #spec: RunSpec;
  readonly #history: History;
  process: SimProcess | undefined;
  #written = 0;
  /** Markers are told apart by it, also after a restart. */
  #transactionCount = 0;

  constructor(world: SimWorld, spec: RunSpec, history: History) {
    this.#world = world;
    this.#history = history;
    this.#spec = spec;
    this.host = world.host("client-1");
  }

  get isDone(): boolean {
    return this.#written >= this.#spec.records;
  }

  start(): void {
    if (this.process?.isAlive || this.isDone) return;
    const process = this.host.start("producer");
    this.process = process;
    process.deliver(() => void this.#run(process).catch((error: unknown) => this.#ended(process, error)));
  }

  kill(forMs: number): void {
    this.process?.kill();
    this.#world.scheduler.after(forMs, () => this.start());
  }

  /** What it was told until now is what its history says. */
  stop(): void {
    this.#written = this.#spec.records;
    this.process?.kill();
  }

  #ended(process: SimProcess, error: unknown): void {
    this.#world.trace(process.name, `ends: ${error}`);
    this.kill(1_000);
  }

  async #run(process: SimProcess): Promise<void> {
    const machine = this.host.machineOf(process);
    const { producers, records, chaosMs } = this.#spec;
    const write = producers === "transactional" ? await this.#transactions(process) : await this.#sends(process);
    const pauseMs = (chaosMs * setMax) / 2 / records;
    while (!this.isDone) {
      await machine.timers.delay(this.#world.scheduler.between(0, 2 * pauseMs));
      const count = Math.min(1 + this.#world.scheduler.random(setMax), records - this.#written);
      const set = Array.from({ length: count }, (_, i) => this.#record(this.#written + i));
      // What is under way when a producer dies may be there or not; it is not written again.
      this.#written += count;
      await write(set);
    }
  }

  #record(sequence: number): ProducerRecord {
    const key = `k${this.#world.scheduler.random(this.#spec.keys)}`;
    return { topic: "in", key, value: `${key}/${sequence}` };
  }

  async #sends(process: SimProcess): Promise<(set: readonly ProducerRecord[]) => Promise<void>> {
    const producer = new KafkaProducer({
      brokers: addressesOf(this.#spec),
      [runtimeKey]: this.host.machineOf(process),
    });
    return async (set) => {
      const send = async (record: ProducerRecord): Promise<void> => {
        const written = this.#history.writes([String(record.value)], false);
        written.at = await producer.send(record);
        written.end = "committed";
      };
      await Promise.all(set.map(send));
    };
  }

  /** One transaction in three is aborted. */
  async #transactions(process: SimProcess): Promise<(set: readonly ProducerRecord[]) => Promise<void>> {
    const session = new TransactionalSession({
      connection: { brokers: addressesOf(this.#spec) },
      machine: this.host.machineOf(process),
      transactionalId: "foreign",
      timeoutMs: 20_000,
      markerTopic: "in",
      producer: {},
      optionNames: { batchBytesMax: "batchBytesMax", deliveryTimeoutMs: "deliveryTimeoutMs" },
    });
    await session.open();
    return async (set) => {
      const isAborted = this.#world.scheduler.oneIn(3);
      const marker = { checkpoint: "foreign", batch: ++this.#transactionCount, attempt: process.name };
      const written = this.#history.writes(
        set.map(({ value }) => String(value)),
        true,
      );
      await session
        .commit(function* () {
          yield set;
          if (isAborted) throw new Changed();
        }, marker)
        .then(() => {
          written.end = "committed";
        })
        .catch((error: unknown) => {
          if (!(error instanceof Changed)) throw error;
          written.end = "aborted";
        });
    };
  }
}

/** Why a producer aborts: it has changed its mind. */
class Changed extends Error {}
