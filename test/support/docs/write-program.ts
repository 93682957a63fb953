import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { temporaryDirectory } from "../temporary-directory.ts";

/** The file of a program whose checkpoint, too, is in a folder of the test. */
export function writeProgram(t: TestContext, program: string): string {
  const folder = temporaryDirectory(t);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(resolve("."), join(folder, "node_modules/dstream"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "job.ts"), program.replaceAll('"./', `"${folder}/`));
  return join(folder, "job.ts");
}
