import { resolve } from "node:path";
import { checkFlag, checkFunction, checkOptionNames, checkPath } from "../../errors/checks/check-options.ts";
import { givingAtOnce } from "../../errors/user-code/at-once.ts";
import { sayingWhose } from "../../errors/user-code/user-function-failed.ts";
import type { ReadFile, SourceNode } from "../../plan/graph/nodes/source.ts";
import { FileSource } from "../../sources/files/file-source.ts";
import { isShown } from "../../sources/files/new-files.ts";
import type { Awaitable } from "../types.ts";
import type { InputHome } from "./input-home.ts";

/** Which files of a folder a stream reads. */
export interface FileStreamOptions {
  /** Only files that are changed after the stream is made. False: also those of the minute before. Default true. */
  readonly newFilesOnly?: boolean;
  /** Which files to take, by their absolute paths; it runs on the driver. Default: those whose names do not begin with a dot. */
  readonly filter?: (path: string) => boolean;
}

/**
 * The stream of the files that come into a folder. `directory` is a path, or a pattern of folders.
 *
 * @throws UNKNOWN_OPTION, INVALID_OPTION.
 */
export function fileInput(
  home: InputHome,
  operator: string,
  directory: string,
  read: ReadFile,
  options: FileStreamOptions = {},
): SourceNode {
  checkOptionNames(operator, options, ["newFilesOnly", "filter"]);
  checkPath(`${operator}'s directory`, directory, "the path of a folder");
  const { newFilesOnly = true, filter = isShown } = options;
  checkFlag(`${operator}'s newFilesOnly`, newFilesOnly);
  checkFunction(`${operator}'s filter`, filter);
  const chosen = givingAtOnce(`${operator}'s filter`, filter);
  const { batchInterval, clock, fromConf, runtime } = home.options;
  const { minRememberDuration } = fromConf;
  const ignoredUntil = newFilesOnly ? clock.now() : 0;
  const node: SourceNode = home.job.addSource(operator, { kind: "files", read }, (nodeId) => {
    const choose = sayingWhose(
      chosen,
      () => ({ operator: `${operator}'s filter`, site: node.site }),
      (path) => `for the file ${path}`,
    );
    const stream = { operator, site: node.site };
    const chosenFiles = { stream, directory: resolve(directory), filter: choose, ignoredUntil };
    return new FileSource(nodeId, {
      ...chosenFiles,
      batchInterval,
      minRememberDuration,
      log: runtime.log,
      files: runtime.files,
    });
  });
  return node;
}

const rowsAtOnce = 1_024;

/** Rows of the program's own reading, some at a time. */
export function readWith<T>(read: (path: string) => Awaitable<Iterable<T> | AsyncIterable<T>>): ReadFile {
  return async function* ({ path }) {
    let rows: T[] = [];
    for await (const row of await read(path)) {
      rows.push(row);
      if (rows.length < rowsAtOnce) continue;
      yield rows;
      rows = [];
    }
    yield rows;
  };
}
