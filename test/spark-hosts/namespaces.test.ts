import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { inNamespaces } from "../support/hosts/namespaces.ts";
import { outputOf } from "../support/processes.ts";

const longestMs = 20_000;

/** The processes that run this, as `ps` shows them. */
const running = async (command: string): Promise<string[]> =>
  (await outputOf("ps", ["-eo", "args="])).split("\n").filter((line) => line === command);

async function until(command: string, count: number): Promise<void> {
  const deadline = performance.now() + longestMs;
  while ((await running(command)).length !== count) {
    if (performance.now() > deadline) assert.fail(`there are not ${count} of ${command}`);
    await delay(50);
  }
}

test("when the process that made the namespaces is killed, all that runs in them ends, also in namespaces within", async () => {
  const outside = "sleep 7771";
  const inside = "sleep 7772";
  const nested = `ip netns add host && (ip netns exec host unshare --pid --fork setsid ${inside} & exec ${outside})`;
  const [command, ...args] = inNamespaces(["sh", "-c", nested]);
  const program = `require("child_process").spawn(${JSON.stringify(command)}, ${JSON.stringify(args)})`;
  const maker = spawn(process.execPath, ["--eval", program]);
  const ended = once(maker, "exit");
  await until(outside, 1);
  await until(inside, 1);
  maker.kill("SIGKILL");
  await ended;
  await until(outside, 0);
  await until(inside, 0);
});
