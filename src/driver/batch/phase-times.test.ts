import assert from "node:assert/strict";
import { test } from "node:test";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { PhaseTimes } from "./phase-times.ts";

test("phases follow one another: they begin by the job's clock, and take the time that really passes", async () => {
  const clock = new ManualClock();
  const phases = new PhaseTimes(clock, thisMachine.timers);
  phases.begin("plan");
  await clock.advance(10_000);
  phases.begin("log");
  phases.end();
  const { plan, log } = phases.spans;
  assert.deepEqual([plan?.start, log?.start], [0, 10_000]);
  for (const span of [plan, log]) assert.ok(span !== undefined && span.ms >= 0 && span.ms < 5_000);
});

test("a phase may have begun earlier, but not before the one that it follows", () => {
  const phases = new PhaseTimes(new ManualClock(), thisMachine.timers);
  const before = performance.now();
  phases.begin("read");
  const middle = performance.now();
  phases.begin("compute", middle);
  phases.begin("prepare", before - 1_000);
  phases.end();
  const { read, compute, prepare } = phases.spans;
  assert.ok((read?.ms as number) <= middle - before);
  assert.equal(compute?.ms, 0);
  assert.ok((prepare?.ms as number) >= 0);
});

test("a phase that begins again has the time of the last time, and after the end there is no more", () => {
  const phases = new PhaseTimes(new ManualClock(), thisMachine.timers);
  phases.begin("read", performance.now());
  phases.pause(performance.now() + 500);
  assert.ok((phases.spans.read?.ms as number) >= 500);
  phases.begin("read");
  phases.end();
  assert.ok((phases.spans.read?.ms as number) < 500);
  phases.begin("prepare");
  phases.end();
  assert.deepEqual(Object.keys(phases.spans), ["read"]);
});
