import { checkDuration } from "../../errors/checks/check-number.ts";
import { checkFunction, checkOptionNames, checkText, invalidOption } from "../../errors/checks/check-options.ts";
import { markCopy } from "../../errors/package-copy.ts";
import type { InitialState, StateMapping } from "../../plan/graph/nodes/keyed.ts";
import { checkNumPartitions, type Partitioner, partitioningOf } from "../../plan/partitioner.ts";
import type { Duration } from "../duration.ts";
import { LocalRDD } from "../rdd/local-rdd.ts";
import { rowsOf } from "../rdd/partition.ts";
import type { RDD } from "../rdd/rdd.ts";
import type { Pair, Time } from "../types.ts";

/** The state of one key, in a function of mapWithState. What breaks its rules throws Spark's words. */
export interface State<S> {
  exists(): boolean;
  /** @throws Error "State is not set" for a key without state. */
  get(): S;
  getOption(): S | undefined;
  /** @throws Error after remove(), and while the state is timing out. */
  update(state: S): void;
  /** @throws Error after remove(), and while the state is timing out. */
  remove(): void;
  /** Whether this is the last call for a key that was idle; its value is undefined then, and the state is removed behind it. */
  isTimingOut(): boolean;
}

export type MappingFunction<K, V, S, E> = (key: K, value: V | undefined, state: State<S>, time: Time) => E | undefined;

/** Options of StateSpec.function, as the methods of StateSpec say them. */
export interface StateSpecOptions<K, S> {
  /** State that keys have before the first batch. */
  readonly initialState?: readonly Pair<K, S>[] | RDD<Pair<K, S>>;
  /** Default: the job's default parallelism. */
  readonly partitioner?: Partitioner<K>;
  /** Keys without values for so long are given up. Default: never. */
  readonly timeout?: Duration;
  /** The state's name. */
  readonly name?: string;
}

/** What mapWithState does: a function and its options, together or one after the other. */
export class StateSpec<K, V, S, E> {
  readonly #f: MappingFunction<K, V, S, E>;
  #initialState: InitialState = [];
  #partitioner: Partitioner<K> | undefined;
  #timeoutMs: number | undefined;
  #name: string | undefined;

  private constructor(f: MappingFunction<K, V, S, E>) {
    this.#f = f;
  }

  /**
   * `f` is called for each value of the batch; what it returns is a row of the stream, unless it is undefined. Written in a call of
   * mapWithState with its options, it needs no types but its state's: `(key, value, state: State<number>) => …`; methods behind
   * it would hide from the compiler what key and value are.
   *
   * @throws UNKNOWN_OPTION, INVALID_OPTION
   */
  static function<K, V, S, E>(
    f: MappingFunction<K, V, S, E>,
    options: StateSpecOptions<K, S> = {},
  ): StateSpec<K, V, S, E> {
    const spec = new StateSpec(checkFunction("StateSpec.function", f));
    checkOptionNames("StateSpec.function", options, ["initialState", "partitioner", "timeout", "name"]);
    const { initialState, partitioner, timeout, name } = options;
    if (initialState !== undefined) spec.initialState(initialState);
    if (partitioner !== undefined) spec.partitioner(partitioner);
    if (timeout !== undefined) spec.timeout(timeout);
    if (name !== undefined) spec.name(name);
    return spec;
  }

  /** State that keys have before the first batch. Every worker builds it anew, so it must be the same wherever the job's file runs. */
  initialState(state: readonly Pair<K, S>[] | RDD<Pair<K, S>>): this {
    this.#initialState = checkInitialState(state);
    return this;
  }

  /** Default: the job's default parallelism. @throws INVALID_OPTION */
  numPartitions(count: number): this {
    this.#partitioner = checkNumPartitions(count);
    return this;
  }

  /** @throws INVALID_OPTION */
  partitioner(partitioner: Partitioner<K>): this {
    partitioningOf(partitioner);
    this.#partitioner = partitioner;
    return this;
  }

  /**
   * Gives up keys without values for at least `idle` milliseconds, in the first batch in which that is so: `f` is called once more,
   * without a value. Default: never.
   *
   * @throws INVALID_OPTION
   */
  timeout(idle: Duration): this {
    checkDuration("timeout", idle);
    this.#timeoutMs = idle;
    return this;
  }

  /** Names the state, as a stream's `name()` does. @throws INVALID_OPTION */
  name(name: string): this {
    checkText("an operator's name", name);
    this.#name = name;
    return this;
  }

  /** @internal */
  get parts(): { mapping: StateMapping; partitioner: Partitioner<K> | undefined; name: string | undefined } {
    const mapping: StateMapping = {
      kind: "map",
      f: this.#f,
      timeoutMs: this.#timeoutMs,
      initialState: this.#initialState,
    };
    return { mapping, partitioner: this.#partitioner, name: this.#name };
  }
}

markCopy(StateSpec);

/** What mapWithState was given. @throws INVALID_OPTION */
export function checkSpec<K, V, S, E>(spec: StateSpec<K, V, S, E>): StateSpec<K, V, S, E> {
  if (spec instanceof StateSpec) return spec;
  throw invalidOption("mapWithState's argument", spec, "a StateSpec");
}

/** The pairs of an initial state. @throws INVALID_OPTION */
export function checkInitialState(state: readonly Pair<any, any>[] | RDD<Pair<any, any>>): InitialState {
  if (Array.isArray(state)) return state.map(checkPair);
  if (state instanceof LocalRDD) {
    return {
      *[Symbol.iterator]() {
        for (const row of rowsOf(state.partitions)) yield checkPair(row);
      },
    };
  }
  throw invalidOption("initialState", state, "an array of pairs of key and state, or an RDD made of parallelize()");
}

function checkPair(pair: unknown): Pair<any, any> {
  if (Array.isArray(pair) && pair.length === 2) return pair as unknown as Pair<any, any>;
  throw invalidOption("each of initialState", pair, "a pair of key and state");
}
