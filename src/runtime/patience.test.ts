import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { unwatched as activity } from "./activity.ts";
import { thisMachine } from "./machine/machine.ts";
import { Patience } from "./patience.ts";

const away = (what = "one"): DStreamError => new DStreamError("BROKER_UNREACHABLE", `${what} is away`);
const never = new AbortController().signal;

test("it tries again until what is away is back, and says once what it waits for", async () => {
  const said = new RecordedLog();
  const patience = new Patience({
    timers: thisMachine.timers,
    who: "batch 5",
    batchTime: 5,
    log: said.log,
    signal: never,
    activity,
  });
  let attempts = 0;
  const work = async (): Promise<string> => {
    if (++attempts < 3) throw away();
    return "here";
  };
  assert.equal(await patience.until(work), "here");
  const errorCode = "BROKER_UNREACHABLE";
  const message = "batch 5 waits up to a minute: [BROKER_UNREACHABLE] one is away";
  assert.deepEqual(said.messages, [
    { level: "warn", code: "WAITING", batchTime: 5, errorCode, message },
    { level: "info", code: "WAITING_ENDED", batchTime: 5, message: "batch 5 has what it waited for" },
  ]);
});

test("when its time is over it throws what it waited for", async () => {
  const said = new RecordedLog();
  const patience = new Patience({
    timers: thisMachine.timers,
    who: "it",
    log: said.log,
    signal: never,
    activity,
    forMs: -1,
  });
  await assert.rejects(
    patience.until(async () => {
      throw away("a");
    }),
    /a is away/,
  );
  assert.deepEqual(said.messages, []);
});

test("what does not pass is thrown at once", async () => {
  const patience = new Patience({
    timers: thisMachine.timers,
    who: "it",
    log: new RecordedLog().log,
    signal: never,
    activity,
  });
  const refused = new DStreamError("AUTHENTICATION_FAILED", "no");
  await assert.rejects(
    patience.until(async () => {
      throw refused;
    }),
    refused,
  );
});

test("an abort ends it at once, with what it waited for", async () => {
  const controller = new AbortController();
  const said = new RecordedLog();
  void said.next("WAITING").then(() => controller.abort());
  const patience = new Patience({
    timers: thisMachine.timers,
    who: "it",
    log: said.log,
    signal: controller.signal,
    activity,
  });
  let attempts = 0;
  const work = async (): Promise<void> => {
    attempts++;
    throw away();
  };
  await assert.rejects(patience.until(work), /one is away/);
  assert.equal(attempts, 1);
});
