import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DStreamError } from "../errors/dstream-error.ts";
import { unwatched as activity } from "./activity.ts";
import { Patience } from "./patience.ts";

const away = (what = "one"): DStreamError => new DStreamError("BROKER_UNREACHABLE", `${what} is away`);
const never = new AbortController().signal;

function warningsOf(t: TestContext): string[] {
  const warnings: string[] = [];
  t.mock.method(process, "emitWarning", (text: string) => void warnings.push(text));
  return warnings;
}

test("it tries again until what is away is back, and says once what it waits for", async (t) => {
  const warnings = warningsOf(t);
  const patience = new Patience({ who: "batch 5 waits", signal: never, activity });
  let attempts = 0;
  const work = async (): Promise<string> => {
    if (++attempts < 3) throw away();
    return "here";
  };
  assert.equal(await patience.until(work), "here");
  assert.deepEqual(warnings, ["batch 5 waits: [BROKER_UNREACHABLE] one is away"]);
});

test("when its time is over it throws what it waited for", async (t) => {
  const warnings = warningsOf(t);
  const patience = new Patience({ who: "it waits", signal: never, activity, forMs: -1 });
  await assert.rejects(
    patience.until(async () => {
      throw away("a");
    }),
    /a is away/,
  );
  assert.deepEqual(warnings, []);
});

test("what does not pass is thrown at once", async () => {
  const patience = new Patience({ who: "it waits", signal: never, activity });
  const refused = new DStreamError("AUTHENTICATION_FAILED", "no");
  await assert.rejects(
    patience.until(async () => {
      throw refused;
    }),
    refused,
  );
});

test("an abort ends it at once, with what it waited for", async (t) => {
  const controller = new AbortController();
  t.mock.method(process, "emitWarning", () => controller.abort());
  const patience = new Patience({ who: "it waits", signal: controller.signal, activity });
  let attempts = 0;
  const work = async (): Promise<void> => {
    attempts++;
    throw away();
  };
  await assert.rejects(patience.until(work), /one is away/);
  assert.equal(attempts, 1);
});
