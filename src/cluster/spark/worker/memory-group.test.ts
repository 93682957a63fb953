import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { memoryGroup } from "./memory-group.ts";

/** A system with these files. */
function system(t: TestContext, files: Readonly<Record<string, string>>): readonly [root: string, self: string] {
  const root = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return [root, join(root, "self")];
}

test("a group of version 2 is found by its name, with its limit and its kills", (t) => {
  const [root, self] = system(t, {
    self: "0::/pod/worker\n",
    "pod/worker/memory.events": "low 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n",
    "pod/worker/memory.max": "314572800\n",
  });
  const group = memoryGroup(root, self);
  assert.deepEqual([group?.limitMb, group?.kills()], [300, 1]);
  writeFileSync(join(root, "pod/worker/memory.events"), "oom_kill 2\n");
  assert.equal(group?.kills(), 2);
});

test("a container that sees its own group as the root is found there, without a limit, too", (t) => {
  const files = { self: "0::/docker/1f\n", "memory.events": "oom_kill 0\n", "memory.max": "max\n" };
  const group = memoryGroup(...system(t, files));
  assert.deepEqual([group?.limitMb, group?.kills()], [undefined, 0]);
});

test("a group of version 1 is found beside an empty version 2", (t) => {
  const files = {
    self: "9:name=systemd:/\n4:memory:/a/b\n0::/\n",
    "memory/a/b/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
  };
  const group = memoryGroup(...system(t, files));
  assert.deepEqual([group?.limitMb, group?.kills()], [undefined, 3]);
});

test("a system without control groups has none", (t) => {
  assert.equal(memoryGroup(...system(t, {})), undefined);
});
