import { type FileHandle, open } from "node:fs/promises";
import { fileUnavailable } from "../../../errors/unavailable.ts";
import type { SourceFile } from "../../../plan/graph/nodes/source.ts";

/**
 * The bytes that a file had when its batch was planned, in chunks of `chunkBytes`; what was added to it since then is left out,
 * so that a batch that runs again reads the same.
 *
 * @throws FILE_UNAVAILABLE when it is gone, shorter, or cannot be read.
 */
export async function* readBytes({ path, length }: SourceFile, chunkBytes: number): AsyncGenerator<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    for (let position = 0; position < length; ) {
      const size = Math.min(chunkBytes, length - position);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(size), 0, size, position);
      if (bytesRead === 0) throw new Error(`it had ${length} bytes when its batch was planned and has ${position}`);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (cause) {
    const advice = "; a file must stay until its batch has run, and every worker must reach it by that path";
    throw fileUnavailable(path, "read", cause, advice);
  } finally {
    await file?.close();
  }
}
