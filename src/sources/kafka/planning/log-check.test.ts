import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLeaders } from "./log-check.ts";

test("an answer by a leader of an earlier epoch than was seen is not believed: the plan is made again", () => {
  const position = { topic: "t", partition: 3, offset: 8, leaderEpoch: 5 };
  const answered = (leaderEpoch: number) => () => checkLeaders([position], () => ({ offset: 9, leaderEpoch }));
  assert.throws(answered(4), {
    code: "BROKER_UNREACHABLE",
    retryable: true,
    message: "[BROKER_UNREACHABLE] t-3 has no leader that knows of leader epoch 5: the one that answers is of epoch 4",
  });
  for (const leaderEpoch of [5, 6, -1]) assert.doesNotThrow(answered(leaderEpoch));
  assert.doesNotThrow(() =>
    checkLeaders([{ ...position, leaderEpoch: undefined }], () => ({ offset: 9, leaderEpoch: 0 })),
  );
});
