import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DStreamError } from "../errors/dstream-error.ts";
import { makeFolderSync } from "../runtime/make-folder.ts";

/** Takes a folder for this process. Returns the function that gives it back. @throws INVALID_OPTION while another broker has it. */
export function lockDir(dir: string): () => void {
  makeFolderSync(resolve(dir));
  const path = join(dir, "lock");
  for (;;) {
    try {
      writeFileSync(path, identityOf(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = holderOf(path);
    if (holder !== undefined)
      throw new DStreamError("INVALID_OPTION", `dir ${dir} is in use by the embedded broker of process ${holder}`, {
        data: { option: "dir", pid: holder },
      });
    // Its holder died without giving it back.
    rmSync(path, { force: true });
  }
}

/** The process that holds the lock; undefined when it has ended. */
function holderOf(path: string): number | undefined {
  try {
    const identity = readFileSync(path, "utf8");
    const pid = Number.parseInt(identity, 10);
    return identity !== "" && identity === identityOf(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Tells a process from a later one that got the same number. Empty: there is none. */
function identityOf(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The 22nd field is when it started; the second, its name in parentheses, may contain spaces.
    const started = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
    return `${pid} ${boot} ${started}`;
  } catch {
    return isAlive(pid) ? `${pid}` : "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
