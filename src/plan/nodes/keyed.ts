import type { Aggregator } from "../aggregator.ts";
import type { KeyPartitioning } from "../partitioner.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** New state from a key's values of the batch and its state; undefined removes the key. */
export type StateFunction = (values: readonly any[], state: any, key: any, time: number) => unknown;

/** How a keyed node keeps state. */
export interface StateUpdate {
  readonly f: StateFunction;
  /** Pairs of key and state that the operator begins with when it runs for the first time. */
  readonly initialState: readonly (readonly [any, any])[];
}

/** Pairs that flow into a keyed node, and how their values become combined values. */
export interface KeyedInput {
  readonly parent: PlanNode;
  readonly aggregator: Aggregator<any, any>;
}

/**
 * Pairs brought together by key: reduceByKey has one input, a cogroup one for each stream, whose aggregators make combined
 * values of one kind. With `update`, the combined values (then arrays of a key's values) go through the state of the key, for
 * every key with data or state, in every batch.
 */
export interface KeyedNode extends NodeBase {
  readonly kind: "keyed";
  readonly inputs: readonly KeyedInput[];
  readonly partitioning: KeyPartitioning;
  /** Combine before the shuffle, too: for values that get smaller by it. */
  readonly mapSideCombine: boolean;
  readonly update: StateUpdate | undefined;
}
