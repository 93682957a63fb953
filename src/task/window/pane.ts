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

/** A note that says when a window with changes had its last RDD, for a bucket with panes. */
export interface LastDue {
  readonly key: string;
  readonly entry: Entry;
  readonly time: number;
}

/** What a window has kept. */
export interface StoredWindow {
  /** The oldest first, in an order that does not depend on where they were. */
  readonly panes: readonly Pane[];
  readonly lastDue: ReadonlyMap<string, LastDue>;
}

const duePrefix = "due/";
export const keyOfLastDue = (bucket: number): string => `${duePrefix}${bucket}`;

/** The pane that an entry of a window's state is, if it is one. */
export function paneOf(entry: Entry): Pane | undefined {
  const key = entry.key as string;
  if (key.startsWith(duePrefix)) return undefined;
  const [time, bucket, number] = key.split("/").map(Number) as [number, number, number];
  return { time, bucket, number, block: entry.stored as Block, entry, key };
}

/** Reads all entries of a window's state. */
export async function storedWindow(pieces: AsyncIterable<Iterable<Entry>>): Promise<StoredWindow> {
  const panes: Pane[] = [];
  const lastDue = new Map<string, LastDue>();
  for await (const entries of pieces) {
    for (const entry of entries) {
      const pane = paneOf(entry);
      if (pane !== undefined) panes.push(pane);
      else lastDue.set(entry.key as string, { key: entry.key as string, entry, time: entry.stored as number });
    }
  }
  panes.sort((a, b) => a.time - b.time || a.bucket - b.bucket || a.number - b.number);
  return { panes, lastDue };
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
