import type { DirectoryFiles } from "../../files/directory-files.ts";
import type { StateFile } from "../../files/state-file.ts";
import { mergedEntries } from "../merged-entries.ts";
import type { SortedSlice } from "../sorted-slice.ts";
import type { Merge } from "./plan-merge.ts";
import type { SectionWriter } from "./section-writer.ts";
import { type BucketEntries, writeSorted } from "./write-sorted.ts";

/** Bytes that are gathered before they are written. */
const writeBytes = 1 << 20;

/** Writes a merge, in pieces: of the state no more is in memory than is read and written at once. */
export async function writeMerge(
  sorted: SortedSlice,
  merge: Merge,
  time: number,
  files: DirectoryFiles,
): Promise<StateFile> {
  const { operator, buckets } = sorted.slice;
  const { from, until, files: merged } = merge;
  const kind = merged === undefined ? "snapshot" : "delta";
  const file = await writeSorted(files, { kind, operator, time, buckets, from, until }, inBuckets(sorted, merge));
  return { ...file, added: 0, ...(merged && { merges: merged.map(({ id }) => id) }) };
}

function* inBuckets(sorted: SortedSlice, { from, until, files }: Merge): Generator<BucketEntries> {
  for (const part of sorted.slice.parts) {
    const chain = files ?? part.chain;
    for (const bucket of sorted.bucketsIn(chain, Math.max(part.from, from), Math.min(part.until, until))) {
      yield {
        bucket,
        async write(section: SectionWriter, written: () => Promise<void>) {
          const sections = await sorted.sections(bucket, chain);
          for await (const entries of mergedEntries(sections, { keepRemovals: files !== undefined })) {
            for (const entry of entries) section.copy(entry);
            if (section.waiting >= writeBytes) await written();
          }
        },
      };
    }
  }
}
