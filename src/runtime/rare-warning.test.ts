import assert from "node:assert/strict";
import { test } from "node:test";
import { rareWarning } from "./rare-warning.ts";

test("a warning that comes again within ten seconds is left out, and counted", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const warned = t.mock.method(process, "emitWarning", () => {});
  const warn = rareWarning("Test");
  for (now of [0, 1, 9_999, 10_000]) warn("it happened");
  const texts = warned.mock.calls.map(({ arguments: [text] }) => text);
  assert.deepEqual(texts, ["it happened", "it happened (2 more since the last warning)"]);
});
