import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, roomsOf } from "../../scripts/check-rooms.ts";

const order = ["driver", "plan"];
const found = (files: Readonly<Record<string, string>>): string[] =>
  findings({ order, files: new Map([["src/driver/a.ts", ""], ["src/plan/b.ts", ""], ...Object.entries(files)]) });

test("a file may import from its own room and from those below it", () => {
  assert.deepEqual(found({ "src/driver/c.ts": 'import { b } from "../plan/b.ts";\nimport { a } from "./a.ts";' }), []);
});

for (const line of [
  'import { a } from "../driver/a.ts";',
  'import type { A } from "../driver/a.ts";',
  'export * from "../driver/a.ts";',
  'import {\n  type A,\n  a,\n} from "../driver/a.ts";',
  'const a = await import("../driver/a.ts");',
]) {
  test(`an import upwards is found: ${line.replaceAll("\n", " ")}`, () => {
    assert.deepEqual(found({ "src/plan/b.ts": line }), ["src/plan/b.ts imports upwards: src/driver/a.ts"]);
  });
}

test("a circle of imports that run is found, one of types is not", () => {
  const back = (kind: string): Record<string, string> => ({
    "src/plan/b.ts": 'import { c } from "./c.ts";',
    "src/plan/c.ts": `import ${kind}{ b } from "./b.ts";`,
  });
  assert.deepEqual(found(back("type ")), []);
  assert.deepEqual(found(back("")), ["a circle of imports: src/plan/b.ts > src/plan/c.ts > src/plan/b.ts"]);
});

test("rooms are in the table, and the table has no others", () => {
  assert.deepEqual(found({ "src/state/d.ts": "" }), ["src/state is not in the table of rooms"]);
  assert.deepEqual(findings({ order: ["driver", "cellar"], files: new Map([["src/driver/a.ts", ""]]) }), [
    "the table of rooms has cellar, which is not there",
  ]);
});

test("a folder with more than 15 files is found", () => {
  const many = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`src/plan/nodes/n${i}.ts`, ""]));
  assert.deepEqual(found(many), ["src/plan/nodes has 16 files side by side, more than 15"]);
});

test("the table of rooms is read from the page", () => {
  const table = "| room | what |\n| --- | --- |\n| `cli/` | a |\n| `plan/` | b |\n\n`state/` | c";
  assert.deepEqual(roomsOf(`## Rooms\n${table}\n\n## Next\n| \`ui/\` | d |`), ["cli", "plan"]);
});
