import { LineSplitter } from "../../../codec/line-splitter.ts";
import type { SourceFile } from "../../../plan/graph/nodes/source.ts";
import type { FileSystem } from "../../../runtime/files/file-system.ts";
import { readBytes } from "./read-bytes.ts";

const chunkBytes = 256 * 1024;
const maxLineLength = 256 * 1024 * 1024;
const byteOrderMark = "\ufeff";

/** The lines of a file of UTF-8 text, without their ends and without a byte order mark. @throws FILE_UNAVAILABLE, FRAME_TOO_LARGE */
export async function* readLines(file: SourceFile, files: FileSystem): AsyncGenerator<string[]> {
  const splitter = new LineSplitter(file.path, maxLineLength);
  let isFirst = true;
  const withoutMark = (lines: string[]): string[] => {
    if (isFirst && lines[0]?.startsWith(byteOrderMark)) lines[0] = lines[0].slice(1);
    isFirst &&= lines.length === 0;
    return lines;
  };
  for await (const chunk of readBytes(file, chunkBytes, files)) yield withoutMark(splitter.push(chunk));
  yield withoutMark(splitter.end()).filter((line) => line !== "");
}
