import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldState } from "./held-state.ts";

test("a key without state has none until it is set", () => {
  const state = new HeldState(undefined);
  assert.deepEqual([state.exists(), state.getOption(), state.isTimingOut()], [false, undefined, false]);
  assert.throws(() => state.get(), { message: "State is not set" });
  state.update(null);
  assert.deepEqual([state.exists(), state.get(), state.getOption()], [true, null, null]);
});

test("behind remove there is no state, and it cannot be changed before the key's next value", () => {
  const state = new HeldState(1);
  state.remove();
  assert.deepEqual([state.exists(), state.getOption()], [false, undefined]);
  assert.throws(() => state.get(), { message: "State is not set" });
  assert.throws(() => state.update(2), { message: "Cannot update the state after it has been removed" });
  assert.throws(() => state.remove(), { message: "Cannot remove the state that has already been removed" });
  state.next().update(3);
  assert.equal(state.get(), 3);
});

test("a state that times out can be read only", () => {
  const state = new HeldState(1, { isTimingOut: true });
  assert.deepEqual([state.exists(), state.get(), state.isTimingOut()], [true, 1, true]);
  assert.throws(() => state.update(2), { message: "Cannot update the state that is timing out" });
  assert.throws(() => state.remove(), { message: "Cannot remove the state that is timing out" });
});

test("undefined is no state", () => {
  assert.throws(() => new HeldState(1).update(undefined), { message: /use remove\(\)/ });
});
