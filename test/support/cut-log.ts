import { globSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { batchField, batchOverheadBytes } from "../../src/kafka/record-batch/batch-header.ts";

/** Takes the batches from an offset on out of the log of the only partition in a stopped broker's folder, as a restored disk lacks them. */
export function cutLog(dir: string, offset: number): void {
  const [path, ...others] = globSync(join(dir, "*/0/*.log"));
  if (path === undefined || others.length > 0) throw new Error(`not one log in ${dir}`);
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at += batchOverheadBytes + bytes.readInt32BE(at + batchField.length)) {
    if (bytes.readBigInt64BE(at + batchField.baseOffset) < BigInt(offset)) continue;
    truncateSync(path, at);
    return;
  }
  throw new Error(`no batch begins at ${offset} or later`);
}
