import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { thisMachine } from "../machine/machine.ts";
import { makeOnce } from "./make-once.ts";

const newFolder = (): string => mkdtempSync(join(tmpdir(), "dstream-make-once-"));

test("a folder is made once and then kept", async () => {
  const folder = newFolder();
  const path = join(folder, "a", "made");
  const make = (text: string) =>
    makeOnce(thisMachine, path, async (aside) => {
      mkdirSync(aside);
      writeFileSync(join(aside, "text"), text);
    });
  assert.equal(await make("first"), path);
  assert.equal(await make("second"), path);
  assert.equal(readFileSync(join(path, "text"), "utf8"), "first");
  assert.deepEqual(readdirSync(join(folder, "a")), ["made"]);
});

test("of two that make it at once the later one takes what is there", async () => {
  const path = join(newFolder(), "made");
  await makeOnce(thisMachine, path, async (aside) => {
    mkdirSync(aside);
    mkdirSync(path);
    writeFileSync(join(path, "text"), "theirs");
  });
  assert.equal(readFileSync(join(path, "text"), "utf8"), "theirs");
});

test("two that make it at once do not write to the same place", async () => {
  const path = join(newFolder(), "made");
  const asides = new Set<string>();
  const begun = Promise.withResolvers<void>();
  const make = (text: string) =>
    makeOnce(thisMachine, path, async (aside) => {
      asides.add(aside);
      if (asides.size === 2) begun.resolve();
      await begun.promise;
      writeFileSync(aside, text);
    });
  await Promise.all([make("one"), make("other")]);
  assert.equal(asides.size, 2);
});

test("what failed half way leaves nothing", async () => {
  const folder = newFolder();
  const failing = makeOnce(thisMachine, join(folder, "made"), async (aside) => {
    writeFileSync(aside, "half");
    throw new Error("no space");
  });
  await assert.rejects(failing, { message: "no space" });
  assert.deepEqual(readdirSync(folder), []);
});
