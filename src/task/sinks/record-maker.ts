import { DStreamError } from "../../errors/dstream-error.ts";
import { atOnce } from "../../errors/user-code/at-once.ts";
import { checkRecord, checkSerialized, checkTopicName } from "../../kafka/producer/check-record.ts";
import { fitsBatch, recordTooLarge } from "../../kafka/producer/fits-batch.ts";
import { settingsWith } from "../../kafka/producer/producer-options.ts";
import { type KafkaSink, type Serializers, sinkOptionNames } from "../../plan/graph/output.ts";
import { isPair } from "../../plan/row-shape.ts";
import type { SinkRecord } from "../../plan/sink-record.ts";
import type { RecordFacts } from "../task-spec.ts";

/**
 * Makes the records of a partition's rows, and refuses at its row what Kafka could not take as it is meant. What only the batch as
 * a whole can tell, the driver tells by the facts.
 */
export class RecordMaker {
  readonly #sink: KafkaSink;
  readonly #make: (row: unknown) => SinkRecord;
  readonly #batchBytesMax: number;
  readonly #highest = new Map<string, number>();
  /** Records by topic, of those that name one. */
  readonly #named = new Map<string, number>();
  /** All other records. */
  #unnamed = 0;
  #pairs = false;
  #values = false;

  constructor(sink: KafkaSink) {
    this.#sink = sink;
    this.#batchBytesMax = settingsWith(sink.producer).batchBytesMax;
    const { records } = sink;
    this.#make = "toRecord" in records ? (row) => records.toRecord(row) : (row) => this.#serialized(row, records);
  }

  /** @throws INVALID_OPTION, VALUE_NOT_ENCODABLE, BATCH_TOO_LARGE, and what functions of the program throw. */
  record(row: unknown): SinkRecord {
    const record = atOnce(this.#make(row));
    checkRecord(record, "what toRecord returned");
    const { topic, partition } = record;
    if (topic !== undefined || partition !== undefined) this.#note(topic ?? this.#sink.topic, partition ?? -1);
    if (topic === undefined) this.#unnamed++;
    else this.#named.set(topic, (this.#named.get(topic) ?? 0) + 1);
    if (fitsBatch(record, this.#batchBytesMax)) return record;
    const target = `topic "${topic ?? this.#sink.topic}"`;
    throw recordTooLarge(target, record, this.#batchBytesMax, sinkOptionNames.batchBytesMax);
  }

  get facts(): RecordFacts {
    const byTopic = Object.fromEntries(this.#named);
    const { topic } = this.#sink;
    if (this.#unnamed > 0) byTopic[topic] = (byTopic[topic] ?? 0) + this.#unnamed;
    return { pairs: this.#pairs, values: this.#values, highest: Object.fromEntries(this.#highest), byTopic };
  }

  #serialized(row: unknown, { rows, ofKey, ofValue }: Serializers): SinkRecord {
    if (rows === "pairs" || rows === "values") {
      if (rows === "values") return { value: written(ofValue, row, "valueSerializer") };
      if (!isPair(row)) throw notPair();
    } else if (!isPair(row)) {
      this.#values = true;
      if (this.#pairs) throw mixedRows();
      return { value: written(ofValue, row, "valueSerializer") };
    }
    this.#pairs = true;
    if (this.#values || rows === "mixed") throw mixedRows();
    return { key: written(ofKey, row[0], "keySerializer"), value: written(ofValue, row[1], "valueSerializer") };
  }

  #note(topic: string, partition: number): void {
    const highest = this.#highest.get(topic);
    if (highest === undefined) checkTopicName(topic, "the record's topic");
    if (partition > (highest ?? -2)) this.#highest.set(topic, partition);
  }
}

/** Pairs would be sent as key and value, other rows as values: which of them are meant is not for us to guess. */
export function mixedRows(): DStreamError {
  const text =
    "the rows of a batch are in part pairs (arrays of two), which are key and value, and in part others, which are values; give toRecord, which says for each row what its record is";
  return new DStreamError("INVALID_OPTION", text, { data: { option: "toRecord" } });
}

function notPair(): DStreamError {
  const text = "a row of a stream of pairs is no array of two; correct the function that made it, or give toRecord";
  return new DStreamError("INVALID_OPTION", text, { data: { option: "toRecord" } });
}

function written({ serialize, isOwn }: Serializers["ofKey"], content: unknown, name: string): SinkRecord["value"] {
  const bytes = atOnce(serialize(content));
  if (isOwn) checkSerialized(bytes, name);
  return bytes;
}
