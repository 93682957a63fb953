import assert from "node:assert/strict";
import { closeSync, globSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Flips a bit where a text first stands in the logs of a broker's folder. */
export function damageLog(dir: string, text: string): void {
  for (const path of globSync(join(dir, "**/*.log"))) {
    const at = readFileSync(path).indexOf(text);
    if (at < 0) continue;
    const file = openSync(path, "r+");
    writeSync(file, Buffer.from([text.charCodeAt(0) ^ 1]), 0, 1, at);
    closeSync(file);
    return;
  }
  assert.fail(`"${text}" is in no file`);
}
