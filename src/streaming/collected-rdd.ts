import { decodeRows } from "../codec/block.ts";
import type { CollectedOutput } from "../driver/collected-output.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import type { OffsetRange } from "../kafka/types.ts";
import type { PairRDD } from "./rdd.ts";

/** An RDD over what an output collected. Rows are decoded when they are asked for, each time anew. */
export class CollectedRDD implements PairRDD<unknown, unknown> {
  readonly offsetRanges: readonly OffsetRange[];
  readonly #parts: CollectedOutput["parts"];
  readonly #maxResultBytes: number;

  constructor({ parts, offsetRanges }: CollectedOutput, maxResultBytes: number) {
    this.#parts = parts;
    this.offsetRanges = offsetRanges;
    this.#maxResultBytes = maxResultBytes;
  }

  get numPartitions(): number {
    return this.#parts.length;
  }

  collect(): Promise<(readonly [unknown, unknown])[]> {
    return this.take(Number.POSITIVE_INFINITY);
  }

  async take(n: number): Promise<(readonly [unknown, unknown])[]> {
    const rows: unknown[] = [];
    for (const part of this.#parts) {
      for (const block of part.blocks) {
        if (rows.length >= n) break;
        for (const row of decodeRows(block)) rows.push(row);
      }
      if (rows.length >= n) break;
      if (!part.complete) throw this.#tooLarge();
    }
    return rows.slice(0, n) as (readonly [unknown, unknown])[];
  }

  async first(): Promise<readonly [unknown, unknown]> {
    const [row] = await this.take(1);
    if (row === undefined) throw new DStreamError("ILLEGAL_STATE", "first() of an empty RDD");
    return row;
  }

  async count(): Promise<number> {
    return this.#parts.reduce((sum, part) => sum + part.count, 0);
  }

  async isEmpty(): Promise<boolean> {
    return (await this.count()) === 0;
  }

  async collectAsMap(): Promise<Map<unknown, unknown>> {
    return new Map(await this.collect());
  }

  #tooLarge(): DStreamError {
    const limit = this.#maxResultBytes;
    const text = `the rows of this batch have more than ${limit} bytes; use foreachPartition, or raise maxResultBytes`;
    return new DStreamError("RESULT_TOO_LARGE", text, { data: { option: "maxResultBytes", limit } });
  }
}
