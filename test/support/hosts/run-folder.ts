import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../src/runtime/files/cache-folder.ts";

/** The launcher of the tests names the folder, and this process uses it. */
const variable = "DSTREAM_HOSTS_FOLDER";
const all = (): string => join(cacheFolder(), "spark-hosts");

/** The folder for the run of the tests that this process starts; what earlier runs left that were killed is removed. */
export function runFolderToGive(): { readonly env: NodeJS.ProcessEnv; readonly remove: () => void } {
  mkdirSync(all(), { recursive: true });
  for (const name of readdirSync(all())) {
    if (!isRunning(Number(name))) rmSync(join(all(), name), { recursive: true, force: true });
  }
  const folder = join(all(), String(process.pid));
  return { env: { [variable]: folder }, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

/** A new folder in the one that was given. @throws when these tests were not started by their command. */
export function makeRunFolder(): string {
  const given = process.env[variable];
  if (given === undefined) throw new Error("these tests are run by npm run test:spark:hosts");
  mkdirSync(given, { recursive: true });
  return mkdtempSync(join(given, "run-"));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
