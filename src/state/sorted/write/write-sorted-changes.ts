import { hashKey } from "../../../keys/hash-key.ts";
import { type Change, entriesAdded } from "../../entry.ts";
import type { DirectoryFiles } from "../../files/directory-files.ts";
import type { StateFile } from "../../files/state-file.ts";
import type { StateSlice } from "../../manifest.ts";
import type { SectionWriter } from "./section-writer.ts";
import { type BucketEntries, writeSorted } from "./write-sorted.ts";

/** Writes what a batch changed. @throws CHECKPOINT_UNAVAILABLE */
export async function writeSortedChanges(
  slice: StateSlice,
  changes: readonly Change[],
  time: number,
  files: DirectoryFiles,
): Promise<StateFile> {
  const { operator, buckets, from, until, parts } = slice;
  const kind = parts.every(({ chain }) => chain.length === 0) ? "snapshot" : "delta";
  const file = await writeSorted(files, { kind, operator, time, buckets, from, until }, inBuckets(slice, changes));
  return { ...file, added: entriesAdded(changes) };
}

function* inBuckets({ buckets, from, until }: StateSlice, changes: readonly Change[]): Generator<BucketEntries> {
  const hashes = Float64Array.from(changes, ({ key }) => hashKey(key));
  const positions = new Map<number, number[]>();
  for (const [i, { bucket: chosen, entry }] of changes.entries()) {
    const bucket = chosen ?? entry?.bucket ?? (until - from === 1 ? from : (hashes[i] as number) % buckets);
    if (bucket < from || bucket >= until)
      throw new Error(`a key of bucket ${bucket} is in a task of ${from} to ${until}`);
    const others = positions.get(bucket);
    if (others === undefined) positions.set(bucket, [i]);
    else others.push(i);
  }
  for (const [bucket, inBucket] of [...positions].sort(([a], [b]) => a - b)) {
    inBucket.sort((a, b) => (hashes[a] as number) - (hashes[b] as number));
    yield {
      bucket,
      write(section: SectionWriter) {
        for (const i of inBucket) {
          const { key, stored } = changes[i] as Change;
          section.add(hashes[i] as number, key, stored);
        }
      },
    };
  }
}
