import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Receiver, StreamingContext } from "dstream";

// stop() resolves in every state of a job, whatever does not answer.

const boundMs = 4_000;

class Hanging extends Receiver<number> {
  readonly #stopped: () => void | Promise<void>;
  constructor(stopped: () => void | Promise<void>) {
    super();
    this.#stopped = stopped;
  }
  onStart(): void {}
  onStop(): void | Promise<void> {
    return this.#stopped();
  }
}

function job(t: TestContext): StreamingContext {
  // A batch that is given up at the end sets the code of this process, too.
  t.after(() => {
    process.exitCode = undefined;
  });
  return new StreamingContext({ appName: "stops", batchInterval: 50, gracefulStopTimeout: 300 });
}

async function stopped(ssc: StreamingContext, stopGracefully: boolean): Promise<void> {
  const since = performance.now();
  await ssc.stop({ stopGracefully });
  const tookMs = performance.now() - since;
  assert.ok(tookMs < boundMs, `${tookMs} ms`);
  assert.equal(ssc.state, "STOPPED");
  await ssc.awaitTermination();
}

const never = (): Promise<never> => new Promise(() => {});

for (const stopGracefully of [false, true]) {
  const how = stopGracefully ? "gracefully" : "at once";

  test(`${how} before the start`, async (t) => {
    await stopped(job(t), stopGracefully);
  });

  test(`${how} while the start waits for a broadcast that never comes; the start ends, too`, async (t) => {
    const ssc = job(t);
    ssc.broadcast(never);
    ssc.queueStream([[1]]).foreachRDD(() => {});
    const started = ssc.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await stopped(ssc, stopGracefully);
    await started;
  });

  test(`${how} while a batch hangs`, async (t) => {
    const ssc = job(t);
    const hanging = Promise.withResolvers<void>();
    ssc.queueStream([[1]]).foreachRDD(() => {
      hanging.resolve();
      return never();
    });
    await ssc.start();
    await hanging.promise;
    await stopped(ssc, stopGracefully);
  });

  for (const [what, onStop] of [
    ["never resolves", never],
    ["rejects", () => Promise.reject(new Error("why"))],
    [
      "throws",
      () => {
        throw new Error("why");
      },
    ],
  ] as const) {
    test(`${how} with a receiver whose onStop ${what}`, async (t) => {
      const ssc = job(t);
      ssc.receiverStream(new Hanging(onStop)).foreachRDD(() => {});
      await ssc.start();
      await stopped(ssc, stopGracefully);
    });
  }
}

test("a job that fails while another output hangs ends all the same", async (t) => {
  const ssc = job(t);
  ssc.receiverStream(new Hanging(never)).foreachRDD(() => {
    throw new Error("it fails");
  });
  const ended = assert.rejects(ssc.awaitTermination(), { code: "USER_FUNCTION_FAILED" });
  const since = performance.now();
  await ssc.start();
  await ended;
  assert.ok(performance.now() - since < boundMs);
});
