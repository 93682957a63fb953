import { resolve } from "node:path";
import type { BuildFailure, Message } from "esbuild";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { shownPath } from "../../../../errors/shown/shown-path.ts";
import type { NeededNativeCode } from "./needed-native-code.ts";

const missing = /^Could not resolve "(.*)"$/;
const noLoader = /^No loader is configured for "(.*)" files: (.*)$/;

/** Why a job cannot be bundled, from what the bundler says of its first error; `roots` are the job's own files, `folder` is where the bundler's paths begin. */
export function jobBundleError(
  failure: Error & Partial<BuildFailure>,
  roots: readonly string[],
  folder: string,
): DStreamError {
  // When the bundler's process ends in the middle there is no such list.
  const first = failure.errors?.[0];
  if (first === undefined) return new DStreamError("NOT_SUPPORTED", "the job cannot be bundled", { cause: failure });
  const place = placeOf(first, folder);
  const [, specifier] = missing.exec(first.text) ?? [];
  if (specifier !== undefined && roots.includes(specifier))
    return invalid(
      `the job's file ${shownPath(specifier)} cannot be read; set jobFile to the module that workers load`,
    );
  if (specifier !== undefined)
    return invalid(`the job imports "${specifier}", which is not to be found${place}: install it or correct its name`);
  const [, kind, file] = noLoader.exec(first.text) ?? [];
  if (kind !== undefined) {
    const text = `${file} cannot be part of the job's bundle${place}: modules in JavaScript and TypeScript and JSON files can; put the contents of others into such a module`;
    return new DStreamError("NOT_SUPPORTED", text, { data: { file } });
  }
  return invalid(`the job cannot be bundled: ${first.text}${place}`);
}

/** A job that needs native code which stays behind. */
export function nativeCodeError({ packageName, file }: NeededNativeCode): DStreamError {
  const text = `the job needs ${packageName}, whose native add-on is not shipped to Spark's executors (${shownPath(file)}): take a package of plain JavaScript, or use it on the driver only, by a dynamic import after start()`;
  return new DStreamError("NOT_SUPPORTED", text, { data: { package: packageName, file } });
}

function invalid(text: string): DStreamError {
  return new DStreamError("INVALID_OPTION", text, { data: { option: "jobFile" } });
}

function placeOf({ location }: Message, folder: string): string {
  if (location === null || (location.namespace !== "" && location.namespace !== "file")) return "";
  return ` (${shownPath(resolve(folder, location.file))}:${location.line}:${location.column + 1})`;
}
