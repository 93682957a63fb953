import { decodeRows } from "../../codec/block.ts";
import type { CollectedOutput, CollectedPart } from "../../driver/batch/collected-output.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { RDDMachine } from "./homes/rdd-home.ts";
import { LocalRDD } from "./local-rdd.ts";
import { lazily } from "./partition.ts";

/** An RDD over what an output collected. Rows are decoded when they are asked for, each time anew. */
export function collectedRDD(
  { parts, offsetRanges }: CollectedOutput,
  maxResultBytes: number,
  machine: RDDMachine,
): LocalRDD {
  const partitions = parts.map((part) => ({ ...lazily(() => rowsOf(part, maxResultBytes)), count: part.count }));
  return new LocalRDD(partitions, machine, offsetRanges);
}

function* rowsOf({ blocks, complete }: CollectedPart, maxResultBytes: number): Generator<unknown> {
  for (const block of blocks) yield* decodeRows(block);
  if (complete) return;
  throw new DStreamError(
    "RESULT_TOO_LARGE",
    `the rows of this batch have more than ${maxResultBytes} bytes; use foreachPartition, or raise maxResultBytes`,
    { data: { option: "maxResultBytes", limit: maxResultBytes } },
  );
}
