import { type DStream, minutes, type PairDStream, type PairRDD, type RDD, type State, StateSpec } from "dstream";
import { exactly } from "./exactly.ts";

// Checked by the compiler alone: what guards narrow, and what functions of state need not say. None of these is ever called.

interface Click {
  readonly kind: "click";
  readonly page: string;
}
interface Buy {
  readonly kind: "buy";
  readonly price: number;
}
const isBuy = (event: Click | Buy): event is Buy => event.kind === "buy";

export function guards(events: DStream<Click | Buy>, maybe: DStream<string | undefined>, rdd: RDD<Click | Buy>): void {
  exactly<DStream<Buy>>()(events.filter(isBuy));
  exactly<DStream<number>>()(events.filter(isBuy).map(({ price }) => price));
  // The compiler sees by itself what these guard.
  exactly<DStream<string>>()(maybe.filter((text) => text !== undefined));
  exactly<DStream<Click>>()(events.filter((event) => event.kind === "click"));
  exactly<DStream<Click | Buy>>()(events.filter((event) => event.kind === "buy" && event.price > 1));
  exactly<RDD<Buy>>()(rdd.filter(isBuy));
  exactly<RDD<Click | Buy>>()(rdd.filter(() => true));
  events.foreachRDD((given) => exactly<RDD<Buy>>()(given.filter(isBuy)));
  exactly<DStream<Buy>>()(events.transform((given) => given.filter(isBuy)));
}

export function guardsOfPairs(
  pairs: PairDStream<string, number | undefined>,
  rdd: PairRDD<string, number | undefined>,
): void {
  const hasValue = (pair: readonly [string, number | undefined]): pair is readonly [string, number] =>
    pair[1] !== undefined;
  exactly<PairDStream<string, number>>()(pairs.filter(hasValue));
  exactly<PairDStream<string, number>>()(pairs.filter(hasValue).reduceByKey((a, b) => a + b));
  exactly<PairDStream<string, number | undefined>>()(pairs.filter(([key]) => key !== ""));
  exactly<PairRDD<string, number>>()(rdd.filter(hasValue));
  exactly<PairRDD<string, number | undefined>>()(rdd.filter(() => true));
}

export function states(ones: PairDStream<string, number>): void {
  // Key and value are the stream's, the state is what its parameter says.
  const sums = ones.mapWithState(
    StateSpec.function((key, value, state: State<number>) => {
      exactly<string>()(key);
      exactly<number | undefined>()(value);
      state.update((state.getOption() ?? 0) + (value ?? 0));
      return [key, state.get()] as const;
    }),
  );
  exactly<PairDStream<string, number>>()(sums.reduceByKey((a, b) => a + b));
  exactly<PairDStream<string, number>>()(sums.stateSnapshots());

  const lengths = ones.mapWithState(
    StateSpec.function(
      (key, value, state: State<{ total: number }>, time) => {
        exactly<string>()(key);
        exactly<number | undefined>()(value);
        exactly<number>()(time);
        return state.isTimingOut() ? state.get().total : undefined;
      },
      {
        timeout: minutes(10),
        name: "lengths",
        partitioner: { numPartitions: 2, getPartition: (key) => key.length % 2 },
      },
    ),
  );
  exactly<PairDStream<string, { total: number }>>()(lengths.stateSnapshots());
  exactly<DStream<number>>()(lengths.map((n) => n));

  // An initial state says what the state is.
  const begun = ones.mapWithState(
    StateSpec.function((_key, value, state) => state.update(state.get() + (value ?? 0)), { initialState: [["a", 1]] }),
  );
  exactly<PairDStream<string, number>>()(begun.stateSnapshots());

  // So do type arguments.
  ones.mapWithState<number, string>(
    StateSpec.function((key, value, state) => {
      exactly<State<number>>()(state);
      return `${key} ${value}`;
    }),
  );
  // @ts-expect-error the values are numbers
  ones.mapWithState(StateSpec.function((_key, value: string | undefined, _state: State<number>) => value));
  // @ts-expect-error there is no such option
  StateSpec.function((_key: string, _value: number | undefined, _state: State<number>) => 1, { timout: 5 });
}
