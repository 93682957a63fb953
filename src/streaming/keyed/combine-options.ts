import type { Partitioner } from "../../plan/partitioner.ts";

/** Of combineByKey, on streams and RDDs. */
export interface CombineOptions<K> {
  readonly partitioner?: Partitioner<K>;
  /** Combine before the shuffle, too. Default true. */
  readonly mapSideCombine?: boolean;
}
