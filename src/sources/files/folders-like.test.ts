import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryFileSystem } from "../../../test/support/memory-file-system.ts";
import { foldersLike } from "./folders-like.ts";

const files = new MemoryFileSystem();
for (const path of ["/in/a1/x", "/in/a2/day/x", "/in/b1/day/x", "/in/.hidden/x", "/in/file", "/in/[a]/x"]) {
  files.put(path, new Uint8Array());
}

for (const [pattern, expected] of [
  ["/in/a1", ["/in/a1"]],
  ["/in/none", []],
  ["/in/file", []],
  ["/in/[a]", ["/in/[a]"]],
  ["/in/a*", ["/in/a1", "/in/a2"]],
  ["/in/?1", ["/in/a1", "/in/b1"]],
  ["/in/[ab]2", ["/in/a2"]],
  ["/in/*", ["/in/[a]", "/in/a1", "/in/a2", "/in/b1"]],
  ["/in/*/day", ["/in/a2/day", "/in/b1/day"]],
  ["/in/{a1,b1/day,b1/{day,night}}", ["/in/a1", "/in/b1/day"]],
  ["/in/**/day", ["/in/a2/day", "/in/b1/day"]],
  ["/out/*", []],
] as const) {
  test(`the folders of ${pattern}`, async () => {
    assert.deepEqual(await foldersLike(pattern, files), expected);
  });
}
