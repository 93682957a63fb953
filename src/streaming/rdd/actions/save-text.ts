import { basename, dirname, join, resolve } from "node:path";
import zlib from "node:zlib";
import { checkText } from "../../../codec/plain-value.ts";
import { checkOptionNames, invalidOption } from "../../../errors/checks/check-options.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { fileUnavailable } from "../../../errors/unavailable.ts";
import type { FileSystem } from "../../../runtime/files/file-system.ts";
import { writeFile } from "../../../runtime/files/whole-file.ts";
import { uniqueId } from "../../../runtime/machine/random.ts";
import { formatRow } from "../../output/format-rows.ts";
import { outputContext } from "../../output/output-scope.ts";
import type { RDDMachine } from "../homes/rdd-home.ts";
import type { Partition } from "../partition.ts";

export interface SaveTextOptions {
  /** Default: none. Files end in `.gz` or `.zst` then. */
  readonly compression?: "gzip" | "zstd";
}

/** What compressors make of a part of a file may stand behind one another in it. */
const compressors = {
  none: { suffix: "", compress: (text: string): Uint8Array => Buffer.from(text) },
  gzip: { suffix: ".gz", compress: zlib.gzipSync },
  zstd: { suffix: ".zst", compress: zlib.zstdCompressSync },
};

const chunkLength = 1024 * 1024;

/**
 * Writes a folder of text files, one for each partition, and `_SUCCESS`: aside, then renamed, so that it appears whole. A folder
 * that is there already is refused, but replaced within foreachRDD, whose batch may run again (SPARK-4835).
 *
 * @throws UNKNOWN_OPTION, INVALID_OPTION, FILE_UNAVAILABLE, VALUE_NOT_ENCODABLE
 */
export async function saveText(
  partitions: readonly Partition[],
  path: string,
  options: SaveTextOptions,
  { files, random }: RDDMachine,
): Promise<void> {
  if (typeof path !== "string" || path === "")
    throw invalidOption("saveAsTextFile's path", path, "the path of a folder");
  checkOptionNames("saveAsTextFile", options, ["compression"]);
  const { compression = "none" } = options;
  if (!Object.hasOwn(compressors, compression)) {
    throw invalidOption("saveAsTextFile's compression", compression, '"gzip" or "zstd"');
  }
  const { suffix, compress } = compressors[compression];
  const final = resolve(path);
  const aside = join(dirname(final), `.${basename(final)}.${uniqueId(random)}`);
  const exists = async (): Promise<boolean> => (await files.status(final)) !== undefined;
  if (outputContext() === undefined && (await io(final, exists)))
    throw fileUnavailable(final, "written", "it exists already");
  try {
    await io(aside, () => files.makeDirectory(aside));
    for (const [index, { rows }] of partitions.entries()) {
      const part = join(aside, `part-${String(index).padStart(5, "0")}${suffix}`);
      await writeChunks(part, chunksOf(rows), compress, files);
    }
    await io(aside, () => writeFile(join(aside, "_SUCCESS"), new Uint8Array(0), files));
    await io(final, async () => {
      await files.removeTree(final);
      await files.rename(aside, final);
    });
  } finally {
    await files.removeTree(aside);
  }
}

async function writeChunks(
  path: string,
  chunks: Iterable<string>,
  compress: (text: string) => Uint8Array,
  files: FileSystem,
): Promise<void> {
  const file = await io(path, () => files.open(path, "create"));
  try {
    let length = 0;
    for (const chunk of chunks) {
      const bytes = compress(chunk);
      await io(path, () => file.write(bytes, length));
      length += bytes.length;
    }
  } finally {
    await file.close();
  }
}

/** The lines of rows, many at a time. */
function* chunksOf(rows: Iterable<unknown>): Generator<string> {
  let text = "";
  for (const row of rows) {
    const line = formatRow(row);
    checkText(line);
    text += `${line}\n`;
    if (text.length < chunkLength) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

async function io<R>(path: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof DStreamError ? cause : fileUnavailable(path, "written", cause);
  }
}
