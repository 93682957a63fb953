import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { changedModule, readJobBuild } from "./job-build.ts";

async function inFolder(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "dstream-build-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a build has the job's file and the files it imports, in every form of import, but no dependencies", async () => {
  const forms = [
    `import { a, type B } from "./static.ts";`,
    `import type { T } from './types.ts';`,
    `import * as all\n  from "./lib/all.ts";`,
    `import "./effects.ts";`,
    `export { x } from "./exported.ts";`,
    `import data from "./data.json" with { type: "json" };`,
    `const later = await import("./later.ts?version=2");`,
    `const n = later.count! / 2; // import "./missing.ts"`,
    `import { map } from "dstream"; import { r } from "./node_modules/r/index.js";`,
    `const odd = 'import "./%2F"';`,
  ];
  const imported = ["static.ts", "types.ts", "lib/all.ts", "effects.ts", "exported.ts", "data.json", "later.ts"];
  const files = Object.fromEntries(imported.map((name) => [name, ""]));
  await inFolder(
    {
      ...files,
      "job.ts": forms.join("\n"),
      "lib/all.ts": `import "../deep.ts"; import "../job.ts";`,
      "deep.ts": "",
      "node_modules/r/index.js": "",
    },
    async (folder) => {
      await writeFile(join(folder, "deep.ts"), `import "${pathToFileURL(join(folder, "deeper.ts"))}"`);
      await writeFile(join(folder, "deeper.ts"), "");
      const build = await readJobBuild(join(folder, "job.ts"));
      assert.deepEqual(
        Object.keys(build)
          .map((path) => relative(folder, path))
          .sort(),
        ["job.ts", "deep.ts", "deeper.ts", ...imported].sort(),
      );
    },
  );
});

test("a module that changed or went away since the build was read is named", async () => {
  await inFolder({ "job.ts": `import "./a.ts"; import "./b.ts";`, "a.ts": "1", "b.ts": "1" }, async (folder) => {
    const build = await readJobBuild(join(folder, "job.ts"));
    assert.equal(await changedModule(build), undefined);
    await appendFile(join(folder, "b.ts"), " ");
    assert.equal(await changedModule(build), join(folder, "b.ts"));
    await writeFile(join(folder, "b.ts"), "1");
    await rm(join(folder, "a.ts"));
    assert.equal(await changedModule(build), join(folder, "a.ts"));
  });
});

test("a job's file that is not there is refused", async () => {
  await assert.rejects(readJobBuild("/nowhere/job.ts"), { code: "INVALID_OPTION", data: { option: "jobFile" } });
});
