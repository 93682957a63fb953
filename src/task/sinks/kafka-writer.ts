import type { RecordProducer } from "../../kafka/producer/record-producer.ts";
import type { KafkaSink } from "../../plan/graph/output.ts";
import type { CrashHandler } from "../../runtime/crash-points.ts";
import type { RecordFacts } from "../task-spec.ts";
import { RecordMaker } from "./record-maker.ts";
import type { Sink } from "./sink.ts";

/** Sends each row as a record and waits, at the end of the partition, until all replicas in sync have them (at-least-once). */
export class KafkaWriter implements Sink {
  readonly #producer: RecordProducer;
  readonly #topic: string;
  readonly #maker: RecordMaker;
  readonly #crashPoint: CrashHandler;
  readonly #done: (facts: RecordFacts) => void;
  /** Set while the producer's buffer is full. */
  #room: Promise<void> | undefined;
  /** Why a record was refused that waited for its topic to be known. */
  #refusal: Error | undefined;
  readonly #refused = (error: Error): void => {
    this.#refusal ??= error;
  };

  constructor(producer: RecordProducer, sink: KafkaSink, crashPoint: CrashHandler, done: (facts: RecordFacts) => void) {
    this.#producer = producer;
    this.#topic = sink.topic;
    this.#maker = new RecordMaker(sink);
    this.#crashPoint = crashPoint;
    this.#done = done;
  }

  add(row: unknown): void {
    const record = this.#maker.record(row);
    const { topic = this.#topic } = record;
    this.#room = this.#producer.appendFor({ ...record, topic }, this.#refused) ?? this.#room;
  }

  async ready(): Promise<void> {
    await this.#room;
    this.#room = undefined;
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  async finish(): Promise<void> {
    await this.ready();
    await this.#crashPoint("in-produce");
    await this.#producer.flush();
    await this.#crashPoint("after-produce");
    this.#done(this.#maker.facts);
  }
}
