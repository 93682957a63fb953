import { version } from "../version.ts";

// A program may load the package twice: in two versions, or from two folders. What one copy made is of no use to the other, though
// it looks the same; the symbol is common to all copies, so that they know one another's.

/** A copy of the package. */
export interface PackageCopy {
  readonly version: string;
  /** Where it was loaded from. */
  readonly from: string;
}

const copyKey = Symbol.for("dstream.package-copy");
const thisCopy: PackageCopy = { version, from: folderOf(import.meta.url) };

/** The package's folder; bundlers that make CommonJS modules leave no URL. */
function folderOf(url: string | undefined): string {
  return url === undefined ? "a bundle" : decodeURI(new URL("../../", url).href.replace(/^file:\/\//, ""));
}

/** Marks the instances of a public class, and of those that extend it, as this copy's. */
export function markCopy(of: { readonly prototype: object }): void {
  Object.defineProperty(of.prototype, copyKey, { value: thisCopy });
}

/** This copy and the one that made an object, when that was another. */
export function otherCopy(made: unknown): readonly [here: PackageCopy, there: PackageCopy] | undefined {
  if (typeof made !== "object" || made === null) return undefined;
  const there = copyOf(made);
  return there === undefined || there === thisCopy ? undefined : [thisCopy, there];
}

/** What the program gave may throw whatever is asked of it. */
function copyOf(made: object): PackageCopy | undefined {
  try {
    return (made as { readonly [copyKey]?: PackageCopy })[copyKey];
  } catch {
    return undefined;
  }
}
