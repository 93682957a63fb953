import type { Aggregator } from "../../aggregator.ts";
import type { KeyPartitioning } from "../../partitioner.ts";
import type { NodeBase, PlanNode } from "./node.ts";

/** New state from a key's values of the batch and its state; undefined removes the key. */
export type StateFunction = (values: readonly any[], state: any, key: any, time: number) => unknown;

/** Pairs of key and state that an operator begins with when it runs for the first time. */
export type InitialState = Iterable<readonly [any, any]>;

/** State as updateStateByKey keeps it: `f` for every key with values or state. */
export interface StateUpdate {
  readonly kind: "update";
  readonly f: StateFunction;
  readonly initialState: InitialState;
}

/** The state of a partition from what its keys have: their values of the batch and their state so far. */
export type PartitionStateFunction = (
  keys: Iterable<readonly [key: any, values: readonly any[], state: any]>,
  time: number,
) => Iterable<readonly [any, unknown]>;

/** State as updateStateByPartition keeps it: one call of `f` for each partition. */
export interface StatePartitionUpdate {
  readonly kind: "update partition";
  readonly f: PartitionStateFunction;
  readonly initialState: InitialState;
}

/** What a function of mapWithState does with the state of its key. */
export interface KeyState {
  exists(): boolean;
  get(): any;
  getOption(): any;
  update(state: any): void;
  remove(): void;
  isTimingOut(): boolean;
}

/** State as mapWithState keeps it: `f` for every value, and once more for a key that was idle. The node's rows are tagged, see mapped-row.ts. */
export interface StateMapping {
  readonly kind: "map";
  readonly f: (key: any, value: any, state: KeyState, time: number) => unknown;
  /** Milliseconds after which a key without values is given up; undefined: never. */
  readonly timeoutMs: number | undefined;
  readonly initialState: InitialState;
}

/** How an operator's state follows from a batch. */
export type StateChange = StateUpdate | StatePartitionUpdate | StateMapping;

/** Pairs that flow into a keyed node, and how their values become combined values. */
export interface KeyedInput {
  readonly parent: PlanNode;
  readonly aggregator: Aggregator<any, any>;
}

/**
 * Pairs brought together by key: reduceByKey has one input, a cogroup one for each stream, whose aggregators make combined
 * values of one kind. With `update`, the combined values (then arrays of a key's values) go through the state of the key.
 */
export interface KeyedNode extends NodeBase {
  readonly kind: "keyed";
  readonly inputs: readonly KeyedInput[];
  readonly partitioning: KeyPartitioning;
  /** Combine before the shuffle, too: for values that get smaller by it. */
  readonly mapSideCombine: boolean;
  readonly update: StateChange | undefined;
}
