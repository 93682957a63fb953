import { readFileSync, watch } from "node:fs";

/**
 * The first match of `pattern` in a log file that grows. `ended` is the end of what writes it.
 * @throws with the log's last lines when that ends first, or after `timeoutMs`.
 */
export async function waitForLine(
  logFile: string,
  pattern: RegExp,
  ended: Promise<void>,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  const done = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      const look = (): boolean => {
        const found = done.signal.aborted ? null : pattern.exec(readFileSync(logFile, "utf8"));
        if (found !== null) resolve(found);
        return found !== null;
      };
      const fail = (reason: string): void => {
        if (!done.signal.aborted) reject(new Error(`${reason}; ${logFile} ends with:\n${lastLines(logFile)}`));
      };
      watch(logFile, { signal: done.signal }, look);
      void ended.then(() => look() || fail(`it ended before it said ${pattern.source}`));
      const late = (): void => fail(`it did not say ${pattern.source} within ${timeoutMs} ms`);
      const timer = setTimeout(late, timeoutMs);
      done.signal.addEventListener("abort", () => clearTimeout(timer));
      look();
    });
  } finally {
    done.abort();
  }
}

/** Without the frames of Java's stacks, which would push the reason out. */
function lastLines(logFile: string): string {
  const lines = readFileSync(logFile, "utf8").trimEnd().split("\n");
  return lines
    .filter((line) => !line.startsWith("\tat "))
    .slice(-20)
    .join("\n");
}
