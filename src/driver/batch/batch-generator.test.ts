import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { BatchGenerator } from "./batch-generator.ts";
import { StallWatch } from "./stall-watch.ts";

/** A clock of a machine that sleeps when it is told to. */
class Machine implements Clock {
  sleptMs = 0;
  #now = 0;
  #wake: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  async waitTill(time: number, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.pass(0, 0), { once: true });
    while (this.#now < time && !signal.aborted) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  async pass(awakeMs: number, asleepMs: number): Promise<void> {
    this.#now += awakeMs + asleepMs;
    this.sleptMs += asleepMs;
    for (const wake of this.#wake.splice(0)) wake();
    await setImmediate();
  }
}

for (const [replay, expected] of [
  [false, [1_000, 3_601_000, 3_602_000]],
  [true, [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000]],
] as const) {
  const how = replay ? "one batch for each interval" : "in one batch";
  test(`what a machine slept over comes ${how}, as what was missed while a job was down`, async (t) => {
    const machine = new Machine();
    const { log } = new RecordedLog();
    const times: number[] = [];
    const watch = new StallWatch({ clock: machine, log }, () => {});
    t.after(() => watch.close());
    const generator = new BatchGenerator({
      ...{
        clock: machine,
        batchIntervalMs: 1_000,
        sources: [],
        names: [],
        watch,
        runtime: { log, timers: thisMachine.timers },
      },
      submit: ({ time }) => times.push(time),
    });
    generator.start((error) => assert.fail(String(error)), { after: undefined, replay });
    await machine.pass(1_000, 0);
    await machine.pass(1_000, replay ? 5_000 : 3_599_000);
    if (!replay) await machine.pass(1_000, 0);
    await generator.stop();
    assert.deepEqual(times, expected);
  });
}
