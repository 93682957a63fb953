import { crc32c } from "../../../bytes/crc32c.ts";
import type { DirectoryFiles } from "../../files/directory-files.ts";
import type { NewStateFile, StateFile } from "../../files/state-file.ts";
import type { SectionPlace } from "../../files/state-file-layout.ts";
import { SectionWriter } from "./section-writer.ts";

/** Puts the entries of a bucket into a writer, in the order of their hashes, and may wait in between for what it gathered to be written. */
export interface BucketEntries {
  readonly bucket: number;
  write(section: SectionWriter, written: () => Promise<void>): Promise<void> | void;
}

/**
 * Writes a sorted file bucket by bucket, in their order. Nothing is written of buckets without entries. `tag`: as `create` has it.
 *
 * @throws CHECKPOINT_UNAVAILABLE
 */
export function writeSorted(
  files: DirectoryFiles,
  file: Omit<NewStateFile, "layout">,
  buckets: Iterable<BucketEntries> | AsyncIterable<BucketEntries>,
  tag = "",
): Promise<StateFile> {
  return files.create(
    { ...file, layout: "sorted" },
    async (output) => {
      const places: SectionPlace[] = [];
      for await (const { bucket, write } of buckets) {
        const section = new SectionWriter();
        const offset = output.length;
        await write(section, () => output.append(section.take()));
        const { directory, entries } = section.finish();
        if (entries === 0) continue;
        await output.append(section.take());
        await output.append(directory);
        const length = output.length - offset;
        places.push({ bucket, entries, offset, length, crc: crc32c(directory), directory: directory.length });
      }
      return places;
    },
    tag,
  );
}
