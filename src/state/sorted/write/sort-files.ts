import { hashKey } from "../../../keys/hash-key.ts";
import { KeyMap } from "../../../keys/key-map.ts";
import { type Random, uniqueId } from "../../../runtime/machine/random.ts";
import type { DirectoryFiles } from "../../files/directory-files.ts";
import type { ReadSection, StateFile } from "../../files/state-file.ts";
import { filesOf, type Manifest } from "../../manifest.ts";
import type { StoredValue } from "../../stored-value.ts";
import type { SectionWriter } from "./section-writer.ts";
import { type BucketEntries, writeSorted } from "./write-sorted.ts";

/**
 * The same state in files that are all sorted: a job that had its state in memory goes on with "disk". Files are written again
 * one by one and of each a bucket at a time, so that no more than that is in memory. Undefined when all are sorted already.
 *
 * @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE; the signal's reason, after the bucket at which it came.
 */
export async function sortFiles(
  manifest: Manifest,
  files: DirectoryFiles,
  signal: AbortSignal,
  random: Random,
): Promise<Manifest | undefined> {
  const sorted = new Map<string, StateFile>();
  for (const file of filesOf(manifest).values()) {
    if (file.layout !== "sorted") sorted.set(file.id, await sortFile(file, files, signal, random));
  }
  if (sorted.size === 0) return undefined;
  return manifest.map((state) => ({
    ...state,
    parts: state.parts.map((part) => ({ ...part, chain: part.chain.map((file) => sorted.get(file.id) ?? file) })),
  }));
}

function sortFile(file: StateFile, files: DirectoryFiles, signal: AbortSignal, random: Random): Promise<StateFile> {
  const { kind, operator, time, buckets, from, until } = file;
  const sections = sortedBuckets(file, files, signal);
  return writeSorted(files, { kind, operator, time, buckets, from, until }, sections, `-${uniqueId(random)}`);
}

async function* sortedBuckets(
  file: StateFile,
  files: DirectoryFiles,
  signal: AbortSignal,
): AsyncGenerator<BucketEntries> {
  for await (const section of files.read(file, file.from, file.until)) {
    signal.throwIfAborted();
    yield { bucket: section.bucket, write: (writer) => writeSection(writer, section) };
  }
}

function writeSection(writer: SectionWriter, { keys, values, removed }: ReadSection): void {
  const entries = new KeyMap<{ readonly key: unknown; readonly stored: StoredValue }>();
  for (const key of removed) entries.set({ key, stored: undefined });
  // What was removed and came back is there.
  for (const [i, key] of keys.entries()) entries.set({ key, stored: values[i] });
  const hashed = Array.from(entries.entries(), (entry) => ({ ...entry, hash: hashKey(entry.key) }));
  for (const { hash, key, stored } of hashed.sort((a, b) => a.hash - b.hash)) writer.add(hash, key, stored);
}
