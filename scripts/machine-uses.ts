// A part of npm run lint: what two runs can differ by comes to the code as an argument, a Machine or a part of one, so that the whole
// system can run on simulated machines. What reaches for it by another way is found here, and allowed where the table "What reaches for
// the machine itself" in docs/architecture.md says why.
import { codeOf, rowFor } from "./allowed-files.ts";

/** Rooms that are still on their way to the machine. */
const later = /^src\/(kafka|sources\/kafka)\//;

const ways = [
  /\b(Date\.now|Math\.random|AbortSignal\.timeout|process\.(?:nextTick|hrtime))\b/g,
  /\b(new Date\(\))/g,
  /(?<![.\w"])(performance)\./g,
  /(?<![.\w#])((?:set|clear)(?:Timeout|Interval|Immediate))\(/g,
  /\b(randomBytes|randomUUID|randomInt|randomFill(?:Sync)?|getRandomValues)\b/g,
  /["'](node:(?:timers|fs|net|tls|dgram|https?|http2|worker_threads)(?:\/promises)?)["']/g,
  /\b(thisMachine|systemClock|node(?:Timers|Random|FileSystem|SyncFileSystem|Network|Workers))\b/g,
];

/** What is wrong, a line each. `allowed`: files, or folders with a slash at their end, from `src` on. */
export function machineFindings(files: ReadonlyMap<string, string>, allowed: readonly string[]): string[] {
  const unused = new Set(allowed);
  const found: string[] = [];
  for (const [file, text] of files) {
    const uses = later.test(file) ? [] : usesIn(text);
    if (uses.length === 0) continue;
    const row = rowFor(file, allowed);
    if (row === undefined)
      found.push(...uses.map((use) => `${file} reaches for ${use}: it is the machine's (docs/architecture.md)`));
    else unused.delete(row);
  }
  return [
    ...found,
    ...[...unused].map((path) => `the table of what reaches for the machine has ${path}, which does not`),
  ];
}

function usesIn(text: string): string[] {
  // Types are gone when the code runs.
  const code = codeOf(text).replaceAll(/^(import|export) type [^;]*;/gm, "");
  return [...new Set(ways.flatMap((way) => [...code.matchAll(way)].map(([, use]) => use as string)))];
}
