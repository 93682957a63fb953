import { KeyMap } from "../../keys/key-map.ts";
import { EntryCopies } from "./entry-copies.ts";
import { firstWithHash, groupOf } from "./section-directory.ts";
import type { ReadGroups, SortedSection } from "./sorted-section.ts";
import type { StoredEntry } from "./stored-entry.ts";

/** A key that is looked for. */
export interface Wanted {
  readonly key: unknown;
  readonly hash: number;
}

/** A place in a section where a key may be. */
interface Place {
  readonly wanted: Wanted;
  readonly entry: number;
  readonly group: number;
}

/** Bytes between two groups that are read along rather than being left out, which takes another read. */
const gapBytes = 1 << 15;
/** Bytes that are read at once, where a single group has no more. */
const runBytes = 1 << 20;

/** Finds keys in the sections of their buckets. Of what is read only the entries that were wanted are kept. */
export class KeyFinder {
  readonly found = new KeyMap<StoredEntry>();
  readonly #copies = new EntryCopies();
  /** Memory to read into: one piece is looked at while the next one is read. */
  readonly #rooms: Uint8Array[] = [];

  /** Looks for keys in the sections of a bucket, the newest given first. @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE */
  async find(sections: readonly SortedSection[], wanted: readonly Wanted[]): Promise<void> {
    let left = wanted;
    for (const section of sections) {
      if (left.length === 0) return;
      left = await this.#findIn(section, left);
    }
  }

  /** Returns the keys that the section says nothing of. */
  async #findIn(section: SortedSection, wanted: readonly Wanted[]): Promise<readonly Wanted[]> {
    const { places, left } = placesOf(section, wanted);
    const runs = runsOf(section, places);
    const known = new Set<Wanted>();
    let reading = this.#read(section, runs, 0);
    for (const [i, run] of runs.entries()) {
      const groups = await reading;
      reading = this.#read(section, runs, i + 1);
      // It is waited for in the next round, if there is one.
      reading.catch(() => {});
      for (const { wanted: one, group, entry } of run) {
        const found = section.entry(groups, group, entry);
        if (known.has(one) || !found.hasKey(one.key)) continue;
        known.add(one);
        if (!found.isRemoval) this.found.set(this.#copies.copy(found, one.key));
      }
    }
    for (const { wanted: one } of places) {
      if (known.has(one)) continue;
      known.add(one);
      left.push(one);
    }
    return left;
  }

  async #read(section: SortedSection, runs: readonly (readonly Place[])[], i: number): Promise<ReadGroups> {
    const run = runs[i];
    if (run === undefined) return { first: 0, until: 0, bytes: Buffer.alloc(0) };
    const groups = [...new Set(run.map(({ group }) => group))];
    const [first, until] = [groups[0] as number, (groups.at(-1) as number) + 1];
    return section.read(first, until, { wanted: groups, room: this.#room(i, section.bytesBetween(first, until)) });
  }

  #room(i: number, length: number): Uint8Array {
    const room = this.#rooms[i % 2];
    if (room !== undefined && room.length >= length) return room;
    const larger = Buffer.allocUnsafeSlow(Math.max(length, runBytes));
    this.#rooms[i % 2] = larger;
    return larger;
  }
}

/** Where in a section keys may be, in order, and the keys that are not in it for sure. */
function placesOf(section: SortedSection, wanted: readonly Wanted[]): { places: Place[]; left: Wanted[] } {
  const { hashes, firsts } = section.directory;
  const places: Place[] = [];
  const left: Wanted[] = [];
  for (const one of wanted) {
    let entry = firstWithHash(hashes, one.hash);
    if (hashes[entry] !== one.hash) left.push(one);
    for (; hashes[entry] === one.hash; entry++) places.push({ wanted: one, entry, group: groupOf(firsts, entry) });
  }
  places.sort((a, b) => a.entry - b.entry);
  return { places, left };
}

/** Places that are read at once. */
function runsOf(section: SortedSection, places: readonly Place[]): Place[][] {
  const runs: Place[][] = [];
  for (const place of places) {
    const run = runs.at(-1);
    const [first, last] = [run?.[0]?.group, run?.at(-1)?.group];
    const isNear =
      first !== undefined &&
      last !== undefined &&
      (place.group === last ||
        (section.bytesBetween(last + 1, place.group) <= gapBytes &&
          section.bytesBetween(first, place.group + 1) <= runBytes));
    if (isNear) run?.push(place);
    else runs.push([place]);
  }
  return runs;
}
