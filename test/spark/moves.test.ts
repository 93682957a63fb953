import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { type Stay, writtenInOneRun, writtenOnTheMove } from "../support/exactly-once/moving-job.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";

// The same checkpoint on this thread, on worker threads and on Spark, in every order, with a batch that crashes on each and is run
// again by the next.

let spark: SparkServer;
before(async () => {
  spark = await startSpark({ mode: "local" });
});
after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

const places = ["local", "local[4]", "Spark"];
const orders = places.flatMap((first) =>
  places.flatMap((second) =>
    places.filter((third) => new Set([first, second, third]).size === 3).map((third) => [first, second, third]),
  ),
);

test("a job with state of all kinds moves between local, local[4] and Spark in every order, and writes what one run writes", async (t) => {
  const expected = await writtenInOneRun(t);
  assert.equal(orders.length, 6);
  for (const order of orders) {
    await t.test(order.join(", then "), async (one) => {
      const stays = order.map((place, i): Stay => {
        const master = place === "Spark" ? spark.url : place;
        return { master, batches: 1, crash: i % 2 === 0 ? "after-manifest" : "after-commit-log" };
      });
      assert.deepEqual(await writtenOnTheMove(one, stays), expected);
    });
  }
});
