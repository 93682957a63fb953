// A partition's folder. Each segment is a file of record batches, named by its first offset. Beside it lie two files that spare a
// restart the reading of it: `.index`, where the batches stand, and `.state`, what is known at their end. Both carry a checksum and
// can be made again from the batches: they are never the only place of anything.
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { BatchHeader } from "../../../kafka/record-batch/batch-header.ts";
import type { SyncFileSystem } from "../../../runtime/files/sync-file-system.ts";
import type { Clock } from "../../../runtime/machine/clock.ts";
import type { Machine } from "../../../runtime/machine/machine.ts";
import type { AbortedRange, ProducersSnapshot } from "../producer-table.ts";
import { BatchIndex } from "./batch-index.ts";
import { FileBytes } from "./file-bytes.ts";
import { scanBatches } from "./scan-batches.ts";
import { Segment } from "./segment.ts";
import type { SegmentState, SegmentStore } from "./segment-store.ts";

const formatVersion = 1;
const nothing = Buffer.alloc(0);

export class FileStore implements SegmentStore {
  /** Positions in an index have 32 bits. */
  readonly maxSegmentBytes = 2 ** 31 - 1;
  readonly dir: string;
  readonly clock: Clock;
  readonly #files: SyncFileSystem;

  constructor(dir: string, { clock, syncFiles }: Pick<Machine, "clock" | "syncFiles">) {
    this.dir = dir;
    this.clock = clock;
    this.#files = syncFiles;
  }

  create(baseOffset: number): Segment {
    this.#files.makeDirectory(this.dir);
    // An empty file keeps the offset of a log whose records are all gone.
    this.#files.writeFile(this.#path(baseOffset, "log"), nothing);
    return this.open(baseOffset, this.clock.now());
  }

  /** A segment that is there, as if nothing were known of it. */
  open(baseOffset: number, createdMs: number): Segment {
    const path = this.#path(baseOffset, "log");
    const bytes = new FileBytes(path, this.#files.size(path), this.#files);
    return new Segment(baseOffset, bytes, createdMs, (segment) => this.#index(segment));
  }

  checkpoint(segment: Segment, producers: ProducersSnapshot, aborted: readonly AbortedRange[]): void {
    const { nextOffset, maxTimestamp, createdMs } = segment;
    const state: SegmentState = {
      bytes: segment.bytes.length,
      nextOffset,
      maxTimestamp,
      createdMs,
      producers,
      aborted,
    };
    const index = segment.index.encode();
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(indexChecksum(index, segment.baseOffset));
    this.#replace(segment.baseOffset, "index", [index, checksum]);
    const text = JSON.stringify({ formatVersion, baseOffset: segment.baseOffset, ...state });
    this.#replace(segment.baseOffset, "state", [Buffer.from(`${crc32(text)} ${text}`)]);
  }

  createAside(baseOffset: number): Segment {
    const path = this.#path(baseOffset, "aside");
    this.#files.writeFile(path, nothing);
    return new Segment(baseOffset, new FileBytes(path, 0, this.#files), this.clock.now());
  }

  replace(replaced: readonly Segment[], aside: Segment, aborted: readonly AbortedRange[]): Segment {
    const last = replaced.at(-1) as Segment;
    const producers = this.state(last)?.producers;
    aside.bytes.close();
    for (const { bytes } of replaced) bytes.close();
    const { baseOffset, nextOffset } = aside;
    // From here on the restart of a broker that dies finishes what is left to do.
    this.#files.rename(this.#path(baseOffset, "aside"), this.#path(baseOffset, `until-${nextOffset}`));
    this.#finishReplacement(baseOffset, nextOffset);
    const bytes = new FileBytes(this.#path(baseOffset, "log"), aside.bytes.length, this.#files);
    const segment = aside.movedTo(bytes, last.createdMs, (of) => this.#index(of));
    // Without what was noted of its producers it is read at the next start.
    if (producers !== undefined) this.checkpoint(segment, producers, aborted);
    return segment;
  }

  /** Goes on where a crash ended a replacement, and forgets those that were not ready. */
  finishReplacements(): void {
    if (!this.#files.exists(this.dir)) return;
    for (const name of this.#files.list(this.dir).sort()) {
      const [, base, until] = /^(\d{20})\.until-(\d+)$/.exec(name) ?? [];
      if (name.endsWith(".aside")) this.#files.remove(join(this.dir, name));
      else if (base !== undefined) this.#finishReplacement(Number(base), Number(until));
    }
  }

  #finishReplacement(baseOffset: number, untilOffset: number): void {
    const replaced = this.baseOffsets().filter((offset) => offset >= baseOffset && offset < untilOffset);
    for (const offset of replaced) for (const kind of ["index", "state"]) this.#files.remove(this.#path(offset, kind));
    for (const offset of replaced) if (offset !== baseOffset) this.#files.remove(this.#path(offset, "log"));
    this.#files.rename(this.#path(baseOffset, `until-${untilOffset}`), this.#path(baseOffset, "log"));
  }

  delete(segment: Segment): void {
    segment.bytes.delete();
    for (const kind of ["index", "state"]) this.#files.remove(this.#path(segment.baseOffset, kind));
  }

  /** First offsets of the segments that are there, in order. */
  baseOffsets(): number[] {
    if (!this.#files.exists(this.dir)) return [];
    const names = this.#files.list(this.dir).filter((name) => /^\d{20}\.log$/.test(name));
    return names.map((name) => Number(name.slice(0, 20))).sort((a, b) => a - b);
  }

  /** What was kept of a segment; undefined where it is missing, damaged, or says more than the segment has. */
  state({ baseOffset, bytes }: Segment): SegmentState | undefined {
    const path = this.#path(baseOffset, "state");
    if (!this.#files.exists(path)) return undefined;
    const [checksum, text = ""] = this.#files.readFile(path).toString().split(/ (.*)/s);
    if (checksum !== String(crc32(text))) return undefined;
    const state = JSON.parse(text) as SegmentState & { readonly formatVersion: number; readonly baseOffset: number };
    const isOurs = state.formatVersion === formatVersion && state.baseOffset === baseOffset;
    return isOurs && state.bytes <= bytes.length ? state : undefined;
  }

  /** Where a segment's batches stand, up to its next offset: as it was kept, or made from the batches. */
  #index({ baseOffset, nextOffset, bytes }: Segment): BatchIndex {
    const kept = this.#keptIndex(baseOffset);
    if (kept !== undefined && baseOffset + kept.firstOffset(kept.count) === nextOffset) return kept;
    const index = new BatchIndex();
    scanBatches(bytes, { position: 0, offset: baseOffset, untilOffset: nextOffset }, (header, _batch, position) => {
      index.add(header.baseOffset + header.lastOffsetDelta - baseOffset, position, timestampOf(header));
    });
    return index;
  }

  #keptIndex(baseOffset: number): BatchIndex | undefined {
    const path = this.#path(baseOffset, "index");
    const bytes = this.#files.exists(path) ? this.#files.readFile(path) : Buffer.alloc(0);
    if (bytes.length < 4) return undefined;
    const index = bytes.subarray(0, -4);
    const isOurs = bytes.readUInt32BE(index.length) === indexChecksum(index, baseOffset);
    return isOurs ? BatchIndex.decode(index) : undefined;
  }

  #replace(baseOffset: number, kind: string, parts: readonly Buffer[]): void {
    const path = this.#path(baseOffset, kind);
    this.#files.writeFile(`${path}.next`, Buffer.concat(parts));
    this.#files.rename(`${path}.next`, path);
  }

  #path(baseOffset: number, kind: string): string {
    return join(this.dir, `${String(baseOffset).padStart(20, "0")}.${kind}`);
  }
}

/** Of its records; −1 where compaction left none. */
export function timestampOf({ recordCount, maxTimestamp }: BatchHeader): number {
  return recordCount === 0 ? -1 : maxTimestamp;
}

/** Fits no other segment's index. */
function indexChecksum(index: Buffer, baseOffset: number): number {
  return crc32(`${baseOffset}`, crc32(index));
}
