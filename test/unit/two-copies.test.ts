import assert from "node:assert/strict";
import { test } from "node:test";
import { KafkaUtils, StateSpec, StreamingContext } from "dstream";
import { HttpReceiver } from "dstream/http-receiver";
import { ManualClock, runBatches, testJob } from "dstream/testing";
import { version } from "../../src/version.ts";

// What another copy of the package made looks the same and is of no use: the error says so, and where both copies are. The other
// copy's part here is a second instance of the module that marks what a copy makes.

const again = "../../src/errors/package-copy.ts?another";
const another = (await import(again)) as typeof import("../../src/errors/package-copy.ts");
class Foreign {
  readonly internals = {};
  readonly job = {};
  collect(): number[] {
    return [];
  }
}
another.markCopy(Foreign);
const foreign: any = new Foreign();

const ssc = new StreamingContext({ appName: "copies", batchInterval: 1_000 });
const pairs = ssc.queueStream<readonly [string, number]>([[["a", 1]]]);
const rdd = ssc.parallelize([["a", 1] as const]);
export const build = testJob<[number], number>(import.meta.url, "foreign", () => foreign);

const calls: Readonly<Record<string, () => unknown>> = {
  "createDirectStream's context": () => KafkaUtils.createDirectStream(foreign, { topics: ["a"] }),
  "receiverStream's receiver": () => ssc.receiverStream(foreign),
  "mapWithState's StateSpec": () => pairs.mapWithState(foreign),
  "union's stream": () => pairs.union(foreign),
  "join's stream": () => pairs.join(foreign),
  "an RDD's join": () => rdd.join(foreign),
  "an RDD's union": () => rdd.union(foreign),
  "an initial state": () => pairs.updateStateByKey(() => 1, { initialState: foreign }),
  "an initial state of a StateSpec": () => StateSpec.function(() => 1, { initialState: foreign }),
  "the test kit's clock": () => runBatches(build, [[]], { clock: foreign }),
  "a test job's stream": () => runBatches(build, [[[1]]]),
};

for (const [what, call] of Object.entries(calls)) {
  test(`${what} of another copy of the package is refused, with versions, places and what to do`, async () => {
    await assert.rejects(
      async () => call(),
      ({ code, message, data }) => {
        assert.equal(code, "INVALID_OPTION");
        const folder = `${version} in ${process.cwd()}/`;
        assert.ok(
          message.includes(`of this copy of dstream, and another made it: two are loaded, ${folder} and ${folder}.`),
          message,
        );
        assert.match(message, /npm ls dstream .* npm dedupe/);
        assert.equal(data.copies.length, 2);
        return true;
      },
    );
  });
}

test("what a public class makes is marked, and no copy takes its own for another's", async () => {
  const { DStream, Receiver } = await import("dstream");
  class Own extends Receiver<number> {
    onStart(): void {}
    onStop(): void {}
  }
  assert.ok(pairs instanceof DStream);
  const { otherCopy } = await import("../../src/errors/package-copy.ts");
  const made = [
    ssc,
    pairs,
    rdd,
    new Own(),
    new HttpReceiver({ port: 0 }),
    StateSpec.function(() => 1),
    new ManualClock(),
  ];
  for (const one of made) {
    assert.equal(otherCopy(one), undefined);
    assert.equal(another.otherCopy(one)?.[1].version, version);
  }
  for (const other of [undefined, null, 1, "a", {}, []]) assert.equal(otherCopy(other), undefined);
});
