import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "./history.ts";
import type { TopicRecord } from "./jobs.ts";

const at = (offset: number, value: string, partition = 0): TopicRecord => ({ partition, offset, key: "k", value });

function transaction(end: "committed" | "aborted" | "unknown", ...values: readonly string[]): History {
  const history = new History();
  history.writes(values, true).end = end;
  return history;
}

test("a transaction is there as a whole where it was committed, and nowhere where it was aborted", () => {
  const both = [at(0, "a"), at(1, "b")];
  assert.equal(transaction("committed", "a", "b").problem(both), undefined);
  assert.equal(transaction("aborted", "a", "b").problem([]), undefined);
  assert.equal(transaction("unknown", "a", "b").problem([]), undefined);
  assert.equal(transaction("unknown", "a", "b").problem(both), undefined);
});

test("what is lost, aborted, torn, doubled, out of order or of nobody is found", () => {
  const [a, b] = [at(0, "a"), at(1, "b")];
  assert.match(transaction("committed", "a", "b").problem([]) ?? "", /^a committed record is lost: a$/);
  assert.match(transaction("aborted", "a", "b").problem([a, b]) ?? "", /^an aborted record was read/);
  assert.match(transaction("unknown", "a", "b").problem([b]) ?? "", /^a transaction was read in part: without a/);
  assert.match(transaction("committed", "a").problem([a, at(1, "a")]) ?? "", /^a was written once/);
  assert.match(transaction("committed", "b", "a").problem([a, b]) ?? "", /^a is before a record/);
  assert.match(new History().problem([a]) ?? "", /^a record that nobody wrote was read: a$/);
});

test("an acknowledged record is where its producer was told", () => {
  const history = new History();
  const written = history.writes(["a"], false);
  written.end = "committed";
  written.at = { partition: 0, offset: 3 };
  assert.equal(history.problem([at(3, "a")]), undefined);
  assert.match(history.problem([at(4, "a")]) ?? "", /^a was acknowledged at 0-3 and is at 0-4$/);
});
