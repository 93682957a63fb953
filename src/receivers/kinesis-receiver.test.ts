import assert from "node:assert/strict";
import { test } from "node:test";
import { KinesisReceiver } from "./kinesis-receiver.ts";

const right = { streamName: "orders", positionsFile: "./orders.json" };

test("options are checked", () => {
  const refused = (options: object, pattern: RegExp, code = "INVALID_OPTION"): void =>
    assert.throws(() => new KinesisReceiver({ ...right, ...options }), { code, message: pattern });
  refused({ streamName: "" }, /streamName/);
  refused({ positionsFile: undefined }, /positionsFile/);
  refused({ startingPosition: "latest" }, /startingPosition .*"LATEST", "TRIM_HORIZON" or a timestamp/);
  refused({ startingPosition: { timestamp: Number.NaN } }, /startingPosition/);
  refused({ pollInterval: 199 }, /pollInterval .*at least 200 ms/);
  refused({ client: {} }, /KinesisReceiver/);
  refused({ stream: "orders" }, /streamName/, "UNKNOWN_OPTION");
  assert.equal(new KinesisReceiver(right).name, "Kinesis orders");
});
