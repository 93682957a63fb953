import assert from "node:assert/strict";
import { test } from "node:test";
import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { leaderProblem } from "./leader-epoch.ts";

test("a replica that does not lead says so to those who know as much as it does, and the epoch's error to others", () => {
  const { FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER } = kafkaErrors;
  const problems = (isLeader: boolean) =>
    [-1, 3, 4, 5].map((believed) => leaderProblem(believed, { leaderEpoch: 4, isLeader }));
  assert.deepEqual(problems(true), [0, FENCED_LEADER_EPOCH.code, 0, UNKNOWN_LEADER_EPOCH.code]);
  const { code } = NOT_LEADER_OR_FOLLOWER;
  assert.deepEqual(problems(false), [code, FENCED_LEADER_EPOCH.code, code, UNKNOWN_LEADER_EPOCH.code]);
});
