import type { KeyMap } from "../../keys/key-map.ts";
import { sameKey } from "../../keys/same-key.ts";
import { firstWithHash, groupOf } from "./section-directory.ts";
import type { SortedSection } from "./sorted-section.ts";
import type { StoredEntry } from "./stored-entry.ts";

/** A key that is looked for. */
export interface Wanted {
  readonly key: unknown;
  readonly hash: number;
}

/** Bytes between two groups that are read along rather than being left out, which takes another read. */
const gapBytes = 1 << 15;
/** Bytes that are read at once. */
const runBytes = 1 << 20;

/** Puts what the sections of a bucket, the newest given first, have of some keys into `found`. */
export async function findKeys(
  sections: readonly SortedSection[],
  wanted: readonly Wanted[],
  found: KeyMap<StoredEntry>,
): Promise<void> {
  let left = wanted;
  for (const section of sections) {
    if (left.length === 0) return;
    left = await findInSection(section, left, found);
  }
}

/** A key, and the entries that have its hash. */
interface Candidate extends Wanted {
  readonly first: number;
  readonly until: number;
}

/** Returns the keys that the section says nothing of. */
async function findInSection(
  section: SortedSection,
  wanted: readonly Wanted[],
  found: KeyMap<StoredEntry>,
): Promise<readonly Wanted[]> {
  const { hashes, firsts } = section.directory;
  const left: Wanted[] = [];
  const candidates: Candidate[] = [];
  const groups = new Set<number>();
  for (const one of wanted) {
    const { key, hash } = one;
    const first = firstWithHash(hashes, hash);
    let until = first;
    while (hashes[until] === hash) groups.add(groupOf(firsts, until++));
    if (until > first) candidates.push({ key, hash, first, until });
    else left.push(one);
  }
  const entryAt = await readEntries(
    section,
    [...groups].sort((a, b) => a - b),
  );
  for (const candidate of candidates) {
    const entry = matching(candidate, entryAt);
    if (entry === undefined) left.push(candidate);
    else if (!entry.isRemoval) found.set(entry);
  }
  return left;
}

function matching({ key, first, until }: Candidate, entryAt: (entry: number) => StoredEntry): StoredEntry | undefined {
  for (let i = first; i < until; i++) {
    const entry = entryAt(i);
    if (sameKey(entry.key, key)) return entry;
  }
  return undefined;
}

/** Reads the groups, near ones together. Returns how entries of these groups are had. */
async function readEntries(section: SortedSection, groups: readonly number[]): Promise<(entry: number) => StoredEntry> {
  const runs = groupRuns(section, groups);
  const read = await Promise.all(runs.map((run) => section.read(run[0] as number, (run.at(-1) as number) + 1, run)));
  const runOf = new Map(runs.flatMap((run, i) => run.map((group) => [group, i])));
  return (entry) => {
    const group = groupOf(section.directory.firsts, entry);
    return section.entry(read[runOf.get(group) as number] as (typeof read)[number], group, entry);
  };
}

/** Groups, in order, that are read at once. */
function groupRuns(section: SortedSection, groups: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const group of groups) {
    const run = runs.at(-1);
    const [first, last] = [run?.[0], run?.at(-1)];
    const isNear =
      first !== undefined &&
      last !== undefined &&
      section.bytesBetween(last + 1, group) <= gapBytes &&
      section.bytesBetween(first, group + 1) <= runBytes;
    if (isNear) run?.push(group);
    else runs.push([group]);
  }
  return runs;
}
