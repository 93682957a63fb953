import { fileUnavailable } from "../../../errors/unavailable.ts";
import type { SourceFile } from "../../../plan/graph/nodes/source.ts";
import type { FileSystem, OpenFile } from "../../../runtime/files/file-system.ts";

/**
 * The bytes that a file had when its batch was planned, in chunks of `chunkBytes`; what was added to it since then is left out,
 * so that a batch that runs again reads the same.
 *
 * @throws FILE_UNAVAILABLE when it is gone, shorter, or cannot be read.
 */
export async function* readBytes(
  { path, length }: SourceFile,
  chunkBytes: number,
  files: FileSystem,
): AsyncGenerator<Uint8Array> {
  let file: OpenFile | undefined;
  try {
    file = await files.open(path, "read");
    for (let position = 0; position < length; ) {
      const size = Math.min(chunkBytes, length - position);
      const bytes = await file.read(position, size);
      if (bytes.length === 0) throw new Error(`it had ${length} bytes when its batch was planned and has ${position}`);
      position += bytes.length;
      yield bytes;
    }
  } catch (cause) {
    const advice = "; a file must stay until its batch has run, and every worker must reach it by that path";
    throw fileUnavailable(path, "read", cause, advice);
  } finally {
    await file?.close();
  }
}
