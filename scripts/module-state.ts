// A part of npm run lint: what a module keeps for the whole process makes two jobs of a process one. It is found here, and allowed where
// the table "What is one per process" in docs/architecture.md says why.
import { codeOf, rowFor } from "./allowed-files.ts";

/** What may be kept: what nobody changes, what belongs to the object that it is kept by, and what follows a call. */
const harmless = /^(WeakMap|WeakSet|AsyncLocalStorage|TextEncoder|TextDecoder|RegExp|URL|Error|Intl)$/;
const topLevel = [
  { pattern: /^(?:export )?let (\w+)/gm, what: "a variable of its module" },
  { pattern: /^(?:export )?const (\w+)(?:: (?!Readonly)[^=\n]+)? = new (\w+)/gm, what: "an object of its module" },
  { pattern: /^(?:export )?const (\w+) = rarely\(/gm, what: "a warning of its module" },
];
const ofTheProcess = /(?<!\.)\b(globalThis(?= as\b)|process\.(?:on|once|off|argv|exit|exitCode|emitWarning))\b/g;

/** Programs of their own, which are the process: the command line and what workers begin with. */
const isProgram = (file: string): boolean => /^src\/cli\/|(^|[/-])main\.ts$/.test(file);

/** What is wrong, a line each. `allowed`: files, or folders with a slash at their end, from `src` on. */
export function stateFindings(files: ReadonlyMap<string, string>, allowed: readonly string[]): string[] {
  const unused = new Set(allowed);
  const found: string[] = [];
  for (const [file, text] of files) {
    const reasons = isProgram(file) ? [] : [...kept(text), ...reached(text)];
    if (reasons.length === 0) continue;
    const entry = rowFor(file, allowed);
    if (entry === undefined)
      found.push(...reasons.map((reason) => `${file} ${reason}: one per process (docs/architecture.md)`));
    else unused.delete(entry);
  }
  return [
    ...found,
    ...[...unused].map((path) => `the table of what is one per process has ${path}, which keeps nothing`),
  ];
}

function kept(text: string): string[] {
  return topLevel.flatMap(({ pattern, what }) =>
    [...text.matchAll(pattern)]
      .filter(([, , made]) => made === undefined || !harmless.test(made))
      .map(([, name]) => `has ${what}, ${name}`),
  );
}

function reached(text: string): string[] {
  return [...new Set([...codeOf(text).matchAll(ofTheProcess)].map(([, name]) => `uses ${name}`))];
}
