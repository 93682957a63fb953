import { atOnce } from "../../errors/at-once.ts";
import type { RecordProducer } from "../../kafka/producer/record-producer.ts";
import type { KafkaSink } from "../../plan/output.ts";
import { crashPoint } from "../../runtime/crash-points.ts";
import type { Sink } from "./sink.ts";

/** Sends each row as a record and waits, at the end of the partition, until all replicas in sync have them (at-least-once). */
export class KafkaWriter implements Sink {
  readonly #producer: RecordProducer;
  readonly #sink: KafkaSink;
  /** Set while the producer's buffer is full. */
  #room: Promise<void> | undefined;

  constructor(producer: RecordProducer, sink: KafkaSink) {
    this.#producer = producer;
    this.#sink = sink;
  }

  add(row: unknown): void {
    const record = atOnce(this.#sink.toRecord(row));
    this.#room =
      this.#producer.append(
        record.topic === undefined
          ? { ...record, topic: this.#sink.topic }
          : (record as typeof record & { topic: string }),
      ) ?? this.#room;
  }

  async ready(): Promise<void> {
    await this.#room;
    this.#room = undefined;
  }

  async finish(): Promise<void> {
    await crashPoint("in-produce");
    await this.#producer.flush();
    await crashPoint("after-produce");
  }
}
