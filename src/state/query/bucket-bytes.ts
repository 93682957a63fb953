import type { DirectoryFiles } from "../files/directory-files.ts";
import { filesOf, type OperatorState } from "../manifest.ts";

/** Bytes that an operator has in each of its buckets, as the indexes of its files say. @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE */
export async function bytesByBucket(state: OperatorState, files: DirectoryFiles): Promise<number[]> {
  const bytes = new Array<number>(state.buckets).fill(0);
  for (const file of filesOf([state]).values()) {
    // Of a file that was written by fewer tasks than there are now, some buckets may have been written again.
    const parts = state.parts.filter(({ chain }) => chain.some(({ id }) => id === file.id));
    const input = await files.open(file);
    try {
      for (const { bucket, length } of input.sections) {
        if (parts.some(({ from, until }) => bucket >= from && bucket < until))
          bytes[bucket] = (bytes[bucket] ?? 0) + length;
      }
    } finally {
      await input.close();
    }
  }
  return bytes;
}
