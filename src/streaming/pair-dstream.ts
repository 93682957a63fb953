import { checkFlag, checkFunction, checkOptionNames, invalidOption } from "../errors/checks/check-options.ts";
import { type Aggregator, cogrouping, grouping, reducing } from "../plan/aggregator.ts";
import type {
  KeyedNode,
  PartitionStateFunction,
  StateChange,
  StateFunction,
  StatePartitionUpdate,
  StateUpdate,
} from "../plan/graph/nodes/keyed.ts";
import type { FlatMapNode, FlatMapValuesNode, MapValuesNode } from "../plan/graph/nodes/narrow.ts";
import type { PlanNode } from "../plan/graph/nodes/node.ts";
import type { RepartitionNode } from "../plan/graph/nodes/repartition.ts";
import type { WindowNode } from "../plan/graph/nodes/window.ts";
import { mappedValue, snapshotPair } from "../plan/mapped-row.ts";
import { type Partitioner, partitioningOf } from "../plan/partitioner.ts";
import type { RowShape } from "../plan/row-shape.ts";
import { checkTogether } from "./check-together.ts";
import { DStream } from "./dstream.ts";
import type { Duration } from "./duration.ts";
import type { CombineOptions } from "./keyed/combine-options.ts";
import { joins } from "./keyed/joins.ts";
import { checkInitialState, checkSpec, type StateSpec } from "./keyed/state-spec.ts";
import type { RDD } from "./rdd/rdd.ts";
import type { NamedPart } from "./stream-internals.ts";
import type { StreamOf } from "./stream-of.ts";
import type { Pair, Time, Widen } from "./types.ts";
import { inverseWindow } from "./windows/inverse-window.ts";
import { type WindowDurations, windowDurations } from "./windows/window-durations.ts";

export interface UpdateStateOptions<K, S> {
  /** Names the state, as `name()` does. */
  readonly name?: string;
  /**
   * State that keys have before the first batch in which the operator runs. Every worker builds it anew, so it must be the same
   * wherever the job's file runs. A job that goes on from a checkpoint has its state from there. Default none.
   */
  readonly initialState?: readonly Pair<K, S>[] | RDD<Pair<K, S>>;
  readonly partitioner?: Partitioner<K>;
  /** Accepted for Spark's sake, a multiple of the slide: state is kept in every batch. */
  readonly checkpointInterval?: Duration;
}

const stateOptions = ["name", "initialState", "partitioner", "checkpointInterval"];

/** As UpdateStateOptions. */
export interface UpdatePartitionOptions<K, S> extends UpdateStateOptions<K, S> {
  /** Accepted for Spark's sake, whose function may give other keys when it is false. Here state stays where its key belongs. */
  readonly rememberPartitioner?: boolean;
}

export interface ReduceWindowOptions<K, V> {
  /** Takes a value out again: `inverse(f(a, b), b)` is `a`. Each step then costs only what enters and leaves. */
  inverse?(a: V, b: V): V;
  /** With `inverse`: which keys stay. Without one a key stays for ever, also when none of its values is in the window. */
  filter?(pair: Pair<K, V>): boolean;
  readonly partitioner?: Partitioner<K>;
}

/** What mapWithState's function returned, and all keys with their states. */
export type MapWithStateDStream<K, S, E> = StreamOf<E> & {
  /** Every key with its state, in every batch. */
  stateSnapshots(): PairDStream<K, S>;
};

interface KeyedOptions<K> {
  readonly partitioner: Partitioner<K> | undefined;
  readonly mapSideCombine: boolean;
  readonly update?: StateChange;
  /** What else `name()` names. */
  readonly named?: readonly NamedPart[];
}

/**
 * A stream of pairs. Keys are compared by value: strings, numbers, booleans, bigints, dates, bytes, and arrays and plain
 * objects of these. Operators by key bring equal keys together in one partition; where they already are, nothing is shuffled.
 */
export class PairDStream<K, V> extends DStream<Pair<K, V>> {
  /** Another value for each pair. Stateless, no shuffle; keeps keys where they are. */
  mapValues<U>(f: (value: V) => U): PairDStream<K, Widen<U>> {
    const { internals } = this;
    const node = internals.add<MapValuesNode>({
      kind: "mapValues",
      operator: "mapValues",
      parent: internals.node,
      f: checkFunction("mapValues", f),
    });
    return internals.stream(node) as PairDStream<K, Widen<U>>;
  }

  /** Any number of values for each pair. Stateless, no shuffle; keeps keys where they are. */
  flatMapValues<U>(f: (value: V) => Iterable<U>): PairDStream<K, Widen<U>> {
    const { internals } = this;
    const parent = internals.node;
    const node = internals.add<FlatMapValuesNode>({
      kind: "flatMapValues",
      operator: "flatMapValues",
      parent,
      f: checkFunction("flatMapValues", f),
    });
    return internals.stream(node) as PairDStream<K, Widen<U>>;
  }

  /** All values of each key in the batch. A key's values are held in memory. Shuffles all values. */
  groupByKey(partitioner?: Partitioner<K>): PairDStream<K, V[]> {
    return this.#keyed("groupByKey", grouping, { partitioner, mapSideCombine: false });
  }

  /** The values of each key in the batch, folded by an associative function. Shuffles one value a key and partition. */
  reduceByKey(f: (a: V, b: V) => V, partitioner?: Partitioner<K>): PairDStream<K, V> {
    return this.#keyed("reduceByKey", reducing(checkFunction("reduceByKey", f)), { partitioner, mapSideCombine: true });
  }

  /**
   * The values of each key in the batch, combined into a value of another kind: `create` begins one, `mergeValue` adds a value
   * to it, `mergeCombiners` makes one of two. Shuffles one combined value a key and partition; with `mapSideCombine: false` all
   * values, which is better where combined values are not smaller than what they were made of.
   *
   * @throws UNKNOWN_OPTION, INVALID_OPTION
   */
  combineByKey<C>(
    create: (value: V) => C,
    mergeValue: (combined: Widen<C>, value: V) => Widen<C>,
    mergeCombiners: (a: Widen<C>, b: Widen<C>) => Widen<C>,
    options?: CombineOptions<K>,
  ): PairDStream<K, Widen<C>>;
  combineByKey<C>(
    create: (value: V) => C,
    mergeValue: (combined: C, value: V) => C,
    mergeCombiners: (a: C, b: C) => C,
    options?: CombineOptions<K>,
  ): PairDStream<K, C>;
  combineByKey<C>(
    create: (value: V) => C,
    mergeValue: (combined: any, value: V) => any,
    mergeCombiners: (a: any, b: any) => any,
    options: CombineOptions<K> = {},
  ): PairDStream<K, C> {
    checkOptionNames("combineByKey", options, ["partitioner", "mapSideCombine"]);
    for (const f of [create, mergeValue, mergeCombiners]) checkFunction("combineByKey", f);
    const { partitioner, mapSideCombine = true } = options;
    checkFlag("combineByKey's mapSideCombine", mapSideCombine);
    return this.#keyed("combineByKey", { create, mergeValue, mergeCombiners }, { partitioner, mapSideCombine });
  }

  /** The same pairs, those with equal keys in one partition. Shuffles all pairs unless they are there already. */
  partitionBy(partitioner: Partitioner<K>): PairDStream<K, V> {
    const { internals } = this;
    const node = internals.add<RepartitionNode>({
      kind: "repartition",
      operator: "partitionBy",
      parent: internals.node,
      partitioning: partitioningOf(partitioner),
    });
    return internals.stream(node) as PairDStream<K, V>;
  }

  /**
   * For each key of either stream in the batch, the array of its values here and the array of its values there. They are held
   * in memory. Shuffles all values of a stream whose keys are not yet where they belong.
   *
   * @throws ILLEGAL_STATE for a stream of another context or slide. A batch in which a stream has no RDD fails.
   */
  cogroup<W>(other: PairDStream<K, W>, partitioner?: Partitioner<K>): PairDStream<K, readonly [V[], W[]]> {
    const { internals } = this;
    return internals.stream(this.#cogroup("cogroup", other, partitioner)) as PairDStream<K, readonly [V[], W[]]>;
  }

  /** For each key of both streams in the batch, every combination of its values. Shuffles and throws as `cogroup`. */
  join<W>(other: PairDStream<K, W>, partitioner?: Partitioner<K>): PairDStream<K, readonly [V, W]> {
    return this.#join("join", other, partitioner);
  }

  /** As `join`, and each value of this stream whose key is missing in the other, with undefined. */
  leftOuterJoin<W>(
    other: PairDStream<K, W>,
    partitioner?: Partitioner<K>,
  ): PairDStream<K, readonly [V, W | undefined]> {
    return this.#join("leftOuterJoin", other, partitioner);
  }

  /** As `join`, and each value of the other stream whose key is missing in this one, with undefined. */
  rightOuterJoin<W>(
    other: PairDStream<K, W>,
    partitioner?: Partitioner<K>,
  ): PairDStream<K, readonly [V | undefined, W]> {
    return this.#join("rightOuterJoin", other, partitioner);
  }

  /** As `join`, and each value of either stream whose key is missing in the other, with undefined. */
  fullOuterJoin<W>(
    other: PairDStream<K, W>,
    partitioner?: Partitioner<K>,
  ): PairDStream<K, readonly [V | undefined, W | undefined]> {
    return this.#join("fullOuterJoin", other, partitioner);
  }

  /**
   * Keeps a state for each key. In every batch `f` is called for each key that has values or state, with the batch's values
   * (none: an empty array) and the state so far; it returns the new state, or undefined to remove the key. The stream has all
   * keys with state. Stateful; shuffles unless the keys already are where they belong. State lives in memory, and with
   * `checkpointDir` also in files.
   *
   * @throws UNKNOWN_OPTION, INVALID_OPTION
   */
  updateStateByKey<S = V>(
    f: (values: readonly V[], state: S | undefined, key: K, time: Time) => S | undefined,
    options: UpdateStateOptions<K, S> = {},
  ): PairDStream<K, Widen<S>> {
    const operator = "updateStateByKey";
    checkOptionNames(operator, options, stateOptions);
    return this.#withState(operator, { kind: "update", f: checkFunction(operator, f) as StateFunction }, options);
  }

  /**
   * As `updateStateByKey`, with one call for all keys of a partition that have values or state: Spark's form with an iterator. `f`
   * gives the pairs of key and state that there are from now on; a key that it does not give is removed. Every key has to be
   * one of the partition, and to be given once (ILLEGAL_STATE).
   *
   * @throws UNKNOWN_OPTION, INVALID_OPTION
   */
  updateStateByPartition<S = V>(
    f: (
      keys: Iterable<readonly [key: K, values: readonly V[], state: S | undefined]>,
      time: Time,
    ) => Iterable<Pair<K, S>>,
    options: UpdatePartitionOptions<K, S> = {},
  ): PairDStream<K, Widen<S>> {
    const operator = "updateStateByPartition";
    checkOptionNames(operator, options, [...stateOptions, "rememberPartitioner"]);
    checkFlag(`${operator}'s rememberPartitioner`, options.rememberPartitioner);
    const update = { kind: "update partition", f: checkFunction(operator, f) as PartitionStateFunction } as const;
    return this.#withState(operator, update, options);
  }

  /**
   * Keeps a state for each key, which a function changes through a State; it is called for each value of the batch, and once more
   * for keys that were idle, where the spec has a timeout. The stream has what the function returns. Only keys with values, and
   * idle ones, are touched. Stateful; shuffles unless the keys already are where they belong.
   *
   * @throws INVALID_OPTION for what is no StateSpec.
   */
  mapWithState<S, E>(spec: StateSpec<K, V, S, E>): MapWithStateDStream<K, S, E> {
    const { mapping, partitioner, name } = checkSpec(spec).parts;
    const state = this.#keyed<unknown>("mapWithState", grouping, {
      partitioner,
      mapSideCombine: false,
      update: mapping,
    });
    const { internals } = state;
    const derive = (operator: string, f: FlatMapNode["f"], gives: RowShape): DStream<any> => {
      const parent = internals.node;
      return internals.stream(internals.add<FlatMapNode>({ kind: "flatMap", operator, parent, f, gives }), [
        [parent, ""],
      ]);
    };
    if (name !== undefined) state.name(name);
    const stateSnapshots = (): PairDStream<K, S> =>
      derive("stateSnapshots", snapshotPair, "pairs") as PairDStream<K, S>;
    return Object.assign(derive("mapWithState", mappedValue, "open"), {
      stateSnapshots,
    }) as unknown as MapWithStateDStream<K, S, E>;
  }

  /**
   * All values of each key in the last `window` milliseconds, the oldest batch first, every `slide` milliseconds. They are held in
   * memory. Shuffles all values.
   *
   * @throws INVALID_WINDOW when a duration is not a multiple of this stream's slide.
   */
  groupByKeyAndWindow(window: Duration, slide?: Duration, partitioner?: Partitioner<K>): PairDStream<K, V[]> {
    const operator = "groupByKeyAndWindow";
    const { internals } = this;
    const durations = windowDurations(operator, this.slideDuration, window, slide);
    const parent = internals.add<RepartitionNode>({
      kind: "repartition",
      operator,
      parent: internals.node,
      partitioning: partitioningOf(partitioner),
    });
    const panes = this.#panes(parent, durations, "rows");
    const { named } = panes.internals;
    return panes.#keyed(operator, grouping, { partitioner, mapSideCombine: false, named });
  }

  /**
   * The values of each key in the last `window` milliseconds, folded by an associative function, every `slide` milliseconds. A key
   * without values in the window is not there; with `inverse` it stays, with what inverse makes of it, unless `filter` refuses it.
   * Shuffles one value a key and partition.
   *
   * @throws INVALID_WINDOW when a duration is not a multiple of this stream's slide; UNKNOWN_OPTION, INVALID_OPTION. A batch fails
   * with ILLEGAL_STATE when values leave the window of a key that `filter` dropped although it had them.
   */
  reduceByKeyAndWindow(
    f: (a: V, b: V) => V,
    window: Duration,
    slide?: Duration,
    options: ReduceWindowOptions<K, V> = {},
  ): PairDStream<K, V> {
    const operator = "reduceByKeyAndWindow";
    checkOptionNames(operator, options, ["inverse", "filter", "partitioner"]);
    const durations = windowDurations(operator, this.slideDuration, window, slide);
    const { inverse, filter, partitioner } = options;
    if (filter !== undefined && inverse === undefined) {
      throw invalidOption(`${operator}'s filter`, "a function", "left out without inverse");
    }
    if (filter !== undefined) checkFunction(`${operator}'s filter`, filter);
    const reduced = this.#keyed<V>(operator, reducing(checkFunction(operator, f)), {
      partitioner,
      mapSideCombine: true,
    });
    const panes = this.#panes(reduced.internals.node, durations, inverse === undefined ? "rows" : "changes");
    const { named } = panes.internals;
    if (inverse === undefined) {
      return panes.#keyed(operator, reducing(f), { partitioner, mapSideCombine: true, named });
    }
    const update = {
      kind: "update",
      f: inverseWindow(f, checkFunction(operator, inverse), filter),
      initialState: [],
    } as const;
    return panes.#keyed(operator, grouping, { partitioner, mapSideCombine: false, update, named });
  }

  #withState<S>(
    operator: string,
    update: Pick<StateUpdate, "kind" | "f"> | Pick<StatePartitionUpdate, "kind" | "f">,
    options: UpdateStateOptions<K, S>,
  ): PairDStream<K, Widen<S>> {
    const { partitioner, checkpointInterval, name } = options;
    const initialState = options.initialState === undefined ? [] : checkInitialState(options.initialState);
    const stream = this.#keyed<Widen<S>>(operator, grouping, {
      partitioner,
      mapSideCombine: false,
      update: { ...update, initialState },
    });
    if (checkpointInterval !== undefined) stream.checkpoint(checkpointInterval);
    return name === undefined ? stream : stream.name(name);
  }

  /** The window over a node, as a part of the operator whose name the node has. */
  #panes(parent: PlanNode, durations: WindowDurations, emits: WindowNode["emits"]): PairDStream<K, any> {
    const { internals } = this;
    const operator = parent.operator;
    const node = internals.add<WindowNode>({ kind: "window", operator, parent, emits, ...durations });
    return internals.stream(node, [[node, "/panes"]]) as PairDStream<K, any>;
  }

  #keyed<C>(operator: string, aggregator: Aggregator<any, any>, how: KeyedOptions<K>): PairDStream<K, C> {
    const { internals } = this;
    const node = internals.add<KeyedNode>({
      kind: "keyed",
      operator,
      inputs: [{ parent: internals.node, aggregator }],
      partitioning: partitioningOf(how.partitioner),
      mapSideCombine: how.mapSideCombine,
      update: how.update,
    });
    return internals.stream(node, [[node, ""], ...(how.named ?? [])]) as PairDStream<K, C>;
  }

  #cogroup<W>(operator: string, other: PairDStream<K, W>, partitioner: Partitioner<K> | undefined): KeyedNode {
    const streams = [this, other];
    checkTogether(operator, streams);
    return this.internals.add<KeyedNode>({
      kind: "keyed",
      operator,
      inputs: streams.map((stream, input) => ({
        parent: stream.internals.node,
        aggregator: cogrouping(input, streams.length),
      })),
      partitioning: partitioningOf(partitioner),
      mapSideCombine: false,
      update: undefined,
    });
  }

  #join<W, R>(operator: keyof typeof joins, other: PairDStream<K, W>, partitioner?: Partitioner<K>): PairDStream<K, R> {
    const { internals } = this;
    const node = internals.add<FlatMapValuesNode>({
      kind: "flatMapValues",
      operator,
      parent: this.#cogroup(operator, other, partitioner),
      f: joins[operator],
    });
    return internals.stream(node) as PairDStream<K, R>;
  }
}
