import type { Block } from "../codec/block.ts";
import type { PlannedRange } from "../kafka/types.ts";
import type { SourceFile } from "../plan/graph/nodes/source.ts";

/**
 * What a task of stage 0 reads: a range of a Kafka partition, a file, rows that the driver has, or rows that every process has.
 */
export type SourceInput = { readonly source: number; readonly partition: number } & (
  | { readonly kind: "kafka"; readonly range: PlannedRange }
  | { readonly kind: "file"; readonly file: SourceFile }
  | { readonly kind: "rows"; readonly blocks: readonly Block[] }
  | { readonly kind: "literal" }
);
