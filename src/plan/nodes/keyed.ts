import type { Aggregator } from "../aggregator.ts";
import type { Partitioning } from "../partitioner.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** New state from a key's values of the batch and its state; undefined removes the key. */
export type StateFunction = (values: readonly any[], state: any, key: any, time: number) => unknown;

/**
 * Pairs brought together by key: values are combined before the shuffle and after it. With `update`, the combined values
 * (then arrays of a key's values) go through the state of the key, for every key with data or state, in every batch.
 */
export interface KeyedNode extends NodeBase {
  readonly kind: "keyed";
  readonly parent: PlanNode;
  readonly aggregator: Aggregator<any, any>;
  readonly partitioning: Partitioning;
  readonly update: StateFunction | undefined;
}
