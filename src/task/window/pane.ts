import type { Block } from "../../codec/block.ts";
import type { Change, Entry } from "../../state/entry.ts";

/**
 * Rows of one batch in one bucket of a window, or a piece of them. A pane is an entry of the window's state: its key is
 * "time/bucket/number", its value the block as it came.
 */
export interface Pane {
  readonly time: number;
  readonly bucket: number;
  readonly number: number;
  readonly block: Block;
  /** Undefined: it is new in this batch. */
  readonly entry: Entry | undefined;
  readonly key: string;
}

/** A block of rows and the bucket that they belong to. */
export interface BucketBlock {
  readonly bucket: number;
  readonly block: Block;
}

/** The panes among the entries of a window's state, the oldest first, in an order that does not depend on where they were. */
export function storedPanes(entries: Iterable<Entry>): Pane[] {
  const panes: Pane[] = [];
  for (const entry of entries) {
    const key = entry.key as string;
    const [time, bucket, number] = key.split("/").map(Number) as [number, number, number | undefined];
    if (number === undefined) continue;
    panes.push({ time, bucket, number, block: entry.stored as Block, entry, key });
  }
  return panes.sort((a, b) => a.time - b.time || a.bucket - b.bucket || a.number - b.number);
}

/** What a batch adds. */
export function newPanes(blocks: readonly BucketBlock[], time: number): Pane[] {
  return blocks.map(({ bucket, block }, number) => {
    return { time, bucket, number, block, entry: undefined, key: `${time}/${bucket}/${number}` };
  });
}

/** Keeps what is new among the panes that stay, and gives up what is stored of the others. */
export function paneChanges(panes: readonly Pane[], stays: (pane: Pane) => boolean): Change[] {
  return panes.flatMap((pane): Change[] => {
    const { key, entry, bucket, block } = pane;
    const isKept = stays(pane);
    if (isKept === (entry !== undefined)) return [];
    return [{ key, entry, bucket, stored: isKept ? block : undefined }];
  });
}
