import { DStreamError } from "../dstream-error.ts";
import { otherCopy, type PackageCopy } from "../package-copy.ts";
import { nearest } from "./nearest.ts";

/**
 * Refuses options that are no object, or have a name that is not in `known`.
 *
 * @throws INVALID_OPTION; UNKNOWN_OPTION, naming the nearest known option.
 */
export function checkOptionNames(where: string, options: object, known: readonly string[]): void {
  checkObject(`${where}'s options`, options);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const [similar] = nearest(name, known, 1);
    const all = known.length === 0 ? "it has none" : `known options: ${known.join(", ")}`;
    const hint = similar === undefined ? all : `did you mean "${similar}"?`;
    throw new DStreamError("UNKNOWN_OPTION", `${where} has no option "${name}"; ${hint}`, { data: { option: name } });
  }
}

/** @throws INVALID_OPTION for what is no object with properties by name, or cannot be read. */
export function checkObject(what: string, options: unknown): void {
  const isOther = Array.isArray(options) || isPromise(options) || options instanceof Map || options instanceof Set;
  if (typeof options !== "object" || options === null || isOther) throw invalidOption(what, options, "an object");
  checkReadable(what, options);
}

/** @throws INVALID_OPTION for an object that throws when one of its properties is read. */
export function checkReadable(what: string, options: object): void {
  let reading = "";
  try {
    for (const name of Object.keys(options)) {
      reading = `, and its "${name}" throws`;
      Reflect.get(options, name);
    }
  } catch (cause) {
    throw invalidOption(what, `an object${reading || " that throws"}`, "an object that can be read", cause);
  }
}

/** A property of something that the program gave, which may be anything; undefined where there is none or reading it throws. */
export function propertyOf(seen: unknown, name: string): unknown {
  try {
    return (seen as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** Whether something is a promise, or waits like one. */
export function isPromise(seen: unknown): seen is PromiseLike<unknown> {
  return typeof seen === "object" && seen !== null && typeof propertyOf(seen, "then") === "function";
}

/** An error for an option whose value is not allowed; it says so when another copy of the package made it. */
export function invalidOption(option: string, seen: unknown, allowed: string, cause?: unknown): DStreamError {
  const copies = otherCopy(seen);
  if (copies !== undefined) return ofOtherCopy(option, copies, allowed);
  return new DStreamError("INVALID_OPTION", `${option} must be ${allowed}, not ${shown(seen)}`, {
    cause,
    data: { option },
  });
}

function ofOtherCopy(option: string, copies: readonly [PackageCopy, PackageCopy], allowed: string): DStreamError {
  const [here, there] = copies.map(({ version, from }) => `${version} in ${from}`);
  const text = `${option} must be ${allowed} of this copy of dstream, and another made it: two are loaded, ${here} and ${there}. Load one: npm ls dstream shows who asks for them, npm dedupe joins what may be joined; libraries name it in peerDependencies, and bundlers leave it external`;
  return new DStreamError("INVALID_OPTION", text, { data: { option, copies } });
}

/** @throws INVALID_OPTION for what another copy of the package made. */
export function checkOwnCopy(what: string, seen: unknown, allowed: string): void {
  if (otherCopy(seen) !== undefined) throw invalidOption(what, seen, allowed);
}

/** A value as errors show it: of what has parts, which may be somebody's data, only what it is. */
export function shown(seen: unknown): string {
  if (seen === "") return "an empty string";
  if (typeof seen === "function") return "a function";
  if (typeof seen === "bigint") return `the bigint ${seen}n`;
  if (Array.isArray(seen)) return "an array";
  if (isPromise(seen)) return "a promise";
  return typeof seen === "object" && seen !== null ? "an object" : String(seen);
}

/** @throws INVALID_OPTION for what is no text, or an empty one. */
export function checkText(option: string, text: unknown, allowed = "a text that is not empty"): void {
  if (typeof text !== "string" || text === "") throw invalidOption(option, text, allowed);
}

const uri = /^[a-z][a-z0-9+.-]+:\//i;

/** @throws INVALID_OPTION for what is no path: a URI would be taken for a folder with a colon in its name. */
export function checkPath(option: string, path: unknown, allowed = "a path"): void {
  checkText(option, path, allowed);
  if (uri.test(path as string))
    throw invalidOption(option, path, `${allowed} in a file system that all workers reach, and no URI`);
}

/** @throws INVALID_OPTION for what is no list of texts. */
export function checkTexts(option: string, texts: unknown, allowed: string): void {
  if (!Array.isArray(texts)) throw invalidOption(option, texts, allowed);
  for (const text of texts) checkText(`each of ${option}`, text);
}

/** @throws INVALID_OPTION for what is neither left out nor true or false. */
export function checkFlag(option: string, flag: unknown): void {
  if (flag !== undefined && typeof flag !== "boolean") throw invalidOption(option, flag, "true or false");
}

/** An instance of a class. @throws INVALID_OPTION for anything else. */
export function checkInstance<T>(option: string, seen: T, of: abstract new (...args: any) => T, allowed: string): T {
  if (seen instanceof of) return seen;
  throw invalidOption(option, seen, allowed);
}

/** The function that an operator was given. @throws INVALID_OPTION for anything else. */
export function checkFunction<F>(operator: string, f: F): F {
  if (typeof f !== "function") throw invalidOption(`${operator}'s argument`, typeof f, "a function");
  return f;
}
