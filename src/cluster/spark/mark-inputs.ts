import type { Block } from "../../codec/block.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import type { SourceInput } from "../../sources/source-input.ts";
import type { MarkedInput } from "./wire/stage-command.ts";

// Every row that Spark reads for stage 0 carries a mark, an int32 that says which input of the batch it belongs to: for records
// of Kafka computed from topic and partition, so that it costs nothing to make; for what the driver sends the input's position.

const partitionBits = 20;
const maxTopics = 1 << (30 - partitionBits);
const firstLocalMark = 1 << 30;

/** Ranges of one Kafka source, with records in them. */
export interface KafkaRanges {
  readonly source: number;
  readonly ranges: readonly OffsetRange[];
  /** The mark of partition 0 of each topic. */
  readonly topicMarks: ReadonlyMap<string, number>;
}

/** An input whose rows the driver sends along: its own rows, or none, where the task has or reads them or there are none. */
export interface LocalInput {
  readonly mark: number;
  readonly blocks: readonly Block[];
}

/** The inputs of a batch by the way in which Spark gets at them. */
export interface MarkedInputs {
  readonly marked: readonly MarkedInput[];
  readonly kafka: readonly KafkaRanges[];
  readonly local: readonly LocalInput[];
}

/**
 * Marks the inputs of a batch. Ranges without records are not read from Kafka: where an empty partition makes a difference
 * (`isSeenEmpty`) the driver sends it along as one without rows, else it is left out.
 */
export function markInputs(inputs: readonly SourceInput[], isSeenEmpty: (input: SourceInput) => boolean): MarkedInputs {
  const marked: MarkedInput[] = [];
  const local: LocalInput[] = [];
  const kafka = new Map<number, { source: number; ranges: OffsetRange[]; topicMarks: Map<string, number> }>();
  let topics = 0;
  for (const [index, input] of inputs.entries()) {
    const { source, partition } = input;
    if (input.kind === "kafka" && input.range.fromOffset < input.range.untilOffset) {
      const of = kafka.get(source) ?? { source, ranges: [], topicMarks: new Map<string, number>() };
      kafka.set(source, of);
      of.ranges.push(input.range);
      const base = of.topicMarks.get(input.range.topic) ?? topics++ << partitionBits;
      of.topicMarks.set(input.range.topic, base);
      marked.push({ mark: base + input.range.partition, index, source, partition, ...placeOf(input) });
    } else if (input.kind !== "kafka" || isSeenEmpty(input)) {
      const mark = firstLocalMark + index;
      local.push({ mark, blocks: input.kind === "rows" ? input.blocks : [] });
      marked.push({ mark, index, source, partition, ...placeOf(input) });
    }
  }
  if (topics > maxTopics) {
    throw new DStreamError("NOT_SUPPORTED", `a job reads ${topics} topics; on Spark it can read ${maxTopics}`);
  }
  return { marked, kafka: [...kafka.values()], local };
}

/** What the worker has to know of an input besides the rows that Spark gives it. */
function placeOf(input: SourceInput): Pick<MarkedInput, "range" | "file"> {
  return {
    range: input.kind === "kafka" ? input.range : undefined,
    file: input.kind === "file" ? input.file : undefined,
  };
}
