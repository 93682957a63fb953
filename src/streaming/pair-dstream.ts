import { checkFunction } from "../errors/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { type Aggregator, grouping, reducing } from "../plan/aggregator.ts";
import type { FlatMapValuesNode } from "../plan/nodes/flat-map-values.ts";
import type { KeyedNode, StateFunction } from "../plan/nodes/keyed.ts";
import type { MapValuesNode } from "../plan/nodes/map-values.ts";
import { type Partitioner, partitioningOf } from "../plan/partitioner.ts";
import { DStream } from "./dstream.ts";
import type { Pair, Time, Widen } from "./types.ts";

export interface UpdateStateOptions<K> {
  /** Names the state, as `name()` does. */
  readonly name?: string;
  readonly partitioner?: Partitioner<K>;
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

  /** All values of each key in the batch. Shuffles all values. */
  groupByKey(partitioner?: Partitioner<K>): PairDStream<K, V[]> {
    return this.#keyed("groupByKey", grouping, partitioner, undefined);
  }

  /** The values of each key in the batch, folded by an associative function. Shuffles one value a key and partition. */
  reduceByKey(f: (a: V, b: V) => V, partitioner?: Partitioner<K>): PairDStream<K, V> {
    return this.#keyed("reduceByKey", reducing(checkFunction("reduceByKey", f)), partitioner, undefined);
  }

  /**
   * Keeps a state for each key. In every batch `f` is called for each key that has values or state, with the batch's values
   * (none: an empty array) and the state so far; it returns the new state, or undefined to remove the key. The stream has all
   * keys with state. Stateful; shuffles unless the keys already are where they belong. State lives in memory.
   */
  updateStateByKey<S = V>(
    f: (values: readonly V[], state: S | undefined, key: K, time: Time) => S | undefined,
    options: UpdateStateOptions<K> = {},
  ): PairDStream<K, Widen<S>> {
    for (const option of ["initialState", "checkpointInterval"]) {
      if (option in options)
        throw new DStreamError("NOT_SUPPORTED", `updateStateByKey's ${option} is not supported yet`, {
          data: { option },
        });
    }
    const stream = this.#keyed<Widen<S>>(
      "updateStateByKey",
      grouping,
      options.partitioner,
      checkFunction("updateStateByKey", f) as StateFunction,
    );
    return options.name === undefined ? stream : stream.name(options.name);
  }

  #keyed<C>(
    operator: string,
    aggregator: Aggregator<any, any>,
    partitioner: Partitioner<K> | undefined,
    update: StateFunction | undefined,
  ): PairDStream<K, C> {
    const { internals } = this;
    const partitioning = partitioningOf(partitioner);
    const node = internals.add<KeyedNode>({
      kind: "keyed",
      operator,
      inputs: [{ parent: internals.node, aggregator }],
      partitioning,
      mapSideCombine: aggregator !== grouping,
      update,
    });
    return internals.stream(node) as PairDStream<K, C>;
  }
}
