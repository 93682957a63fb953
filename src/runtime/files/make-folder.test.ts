import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { makeFolder, makeFolderSync } from "./make-folder.ts";

const ways = {
  makeFolder,
  makeFolderSync: async (path: string): Promise<void> => makeFolderSync(path),
};

for (const [name, make] of Object.entries(ways)) {
  test(`${name} makes a folder with those above it, and again`, async (t) => {
    const path = join(temporaryDirectory(t), "a", "b", "c");
    await Promise.all([make(path), make(path)]);
    await make(path);
    assert.ok(statSync(path).isDirectory());
  });

  test(`${name} says that a part of the path is a file`, async (t) => {
    const file = join(temporaryDirectory(t), "file");
    writeFileSync(file, "");
    await assert.rejects(make(join(file, "a", "b")), { code: "ENOTDIR" });
    await assert.rejects(make(file), { code: "ENOTDIR", path: file });
  });

  test(`${name} ends where the system has no room for folders`, { skip: !existsSync("/proc/self") }, async () => {
    await assert.rejects(make("/proc/none/of/these"), { code: "ENOTSUP", path: "/proc/none" });
  });
}
