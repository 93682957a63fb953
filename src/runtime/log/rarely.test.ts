import assert from "node:assert/strict";
import { test } from "node:test";
import { thisMachine } from "../machine/machine.ts";
import { rarely } from "./rarely.ts";

test("a warning that comes again within ten seconds is left out, and counted", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const texts: string[] = [];
  const warn = rarely((text) => void texts.push(text), thisMachine.timers);
  for (now of [0, 1, 9_999, 10_000]) warn("it happened");
  assert.deepEqual(texts, ["it happened", "it happened (2 more since the last warning)"]);
});
