import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { processIdentity } from "../../runtime/process/process-identity.ts";
import { Lock } from "./lock.ts";

const quick = { beatMs: 5, deadAfterMs: 100 };
const take = (directory: string): Promise<Lock> => Lock.take(directory, thisMachine, quick);

/** Puts a lock in place at once, so that nobody reads half of it. */
function leaveLock(directory: string, holder: object): void {
  const aside = join(directory, "aside");
  writeFileSync(aside, JSON.stringify({ ...processIdentity(), token: "other", beat: "0000000000", ...holder }));
  renameSync(aside, join(directory, "lock"));
}

test("a second driver is refused while the first one runs, and let in when it has released", async (t) => {
  const directory = temporaryDirectory(t);
  const first = await take(directory);
  await assert.rejects(take(directory), {
    code: "CHECKPOINT_LOCKED",
    message: new RegExp(`the driver with process id ${process.pid} on .* holds it$`),
  });
  await first.check();
  await first.release();
  const second = await take(directory);
  await second.release();
  assert.deepEqual(readdirSync(directory), []);
});

test("a driver that comes while another one releases is refused, or keeps what it gets", async (t) => {
  const directory = temporaryDirectory(t);
  for (let round = 0; round < 20; round++) {
    const releasing = (await take(directory)).release();
    const next = await take(directory).catch(() => undefined);
    await releasing;
    await next?.check();
    await next?.release();
  }
});

test("a lock of a driver that ended, of a process that did, or of one with the same number before, is taken over", async (t) => {
  const directory = temporaryDirectory(t);
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  leaveLock(directory, { pid });
  await (await take(directory)).release();
  leaveLock(directory, {});
  await (await take(directory)).release();
  leaveLock(directory, { startedAt: "long ago" });
  await (await take(directory)).release();
  writeFileSync(join(directory, "lock"), "");
  await (await take(directory)).release();
});

test("a lock of another host holds while it changes, and is taken over when it does not", async (t) => {
  const directory = temporaryDirectory(t);
  let beat = 0;
  const elsewhere = (): void => leaveLock(directory, { host: "elsewhere", beat: String(beat++).padStart(10, "0") });
  elsewhere();
  const beats = setInterval(elsewhere, 5);
  const refused = assert.rejects(take(directory), { code: "CHECKPOINT_LOCKED", message: /on elsewhere holds it$/ });
  await refused.finally(() => clearInterval(beats));
  await (await take(directory)).release();
});

test("a driver whose lock was taken over notices", async (t) => {
  const directory = temporaryDirectory(t);
  const first = await take(directory);
  leaveLock(directory, { pid: 1, token: "successor" });
  await assert.rejects(first.check(), { code: "CHECKPOINT_LOCKED", message: /process id 1 on .* has taken over$/ });
  await first.release();
  assert.deepEqual(readdirSync(directory), ["lock"]);
});
