import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { decodeRecords, encodeRecords } from "../../driver/checkpoint/journal-text.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { fileUnavailable } from "../../errors/unavailable.ts";
import { makeFolderSync } from "../../runtime/files/make-folder.ts";

/** How far a shard is: behind a record, at its end, or at the records that arrived since a time (epoch ms). */
export type Position = { readonly after: string } | { readonly since: number } | "ended";

interface Content {
  readonly format: number;
  readonly streamName: string;
  readonly shards: Readonly<Record<string, Position>>;
}

const format = 1;

/**
 * How far the shards of a stream are, in a file: what was committed, as a line of a checkpoint's journal, with its checksum. It is
 * written as a whole beside its place and renamed. It is small, and written once a batch, so it is written while everything waits:
 * when a batch's commit has been told, its positions are durable.
 */
export class Positions {
  readonly #path: string;
  readonly #streamName: string;
  readonly #committed: Map<string, Position>;
  readonly #failed: (error: unknown) => void;
  /** Whether there was no file. */
  readonly isNew: boolean;
  #isWriting = false;

  private constructor(
    path: string,
    streamName: string,
    shards: Content["shards"] | undefined,
    failed: (error: unknown) => void,
  ) {
    this.#path = path;
    this.#streamName = streamName;
    this.#committed = new Map(Object.entries(shards ?? {}));
    this.#failed = failed;
    this.isNew = shards === undefined;
  }

  /**
   * `failed` is told when the file cannot be written later on.
   *
   * @throws FILE_UNAVAILABLE; CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW; CHECKPOINT_OTHER_JOB for a file of another stream.
   */
  static open(file: string, streamName: string, failed: (error: unknown) => void): Positions {
    const path = resolve(file);
    return new Positions(path, streamName, shardsIn(path, streamName), failed);
  }

  get(shardId: string): Position | undefined {
    return this.#committed.get(shardId);
  }

  /** Notes a position; those that are noted at the same moment are written together. */
  set(shardId: string, position: Position): void {
    this.#committed.set(shardId, position);
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => {
      this.#isWriting = false;
      try {
        this.write();
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  /** Forgets shards that were read to their ends and that there are no more. */
  forgetEnded(listed: ReadonlySet<string>): void {
    for (const [id, position] of this.#committed) {
      if (position === "ended" && !listed.has(id)) this.#committed.delete(id);
    }
  }

  /** @throws FILE_UNAVAILABLE */
  write(): void {
    const content: Content = { format, streamName: this.#streamName, shards: Object.fromEntries(this.#committed) };
    const aside = `${this.#path}.new`;
    try {
      makeFolderSync(dirname(resolve(this.#path)));
      const file = openSync(aside, "w");
      try {
        writeFileSync(file, encodeRecords([content]));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(aside, this.#path);
    } catch (error) {
      throw fileUnavailable(this.#path, "written", error);
    }
  }
}

function shardsIn(path: string, streamName: string): Content["shards"] | undefined {
  let line: Uint8Array;
  try {
    line = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileUnavailable(path, "read", error);
  }
  // A damaged line is left out; this is the only one.
  const [content] = decodeRecords(line, path) as Content[];
  if (content === undefined)
    throw new DStreamError("CHECKPOINT_CORRUPT", `${path} has no positions of a Kinesis stream`);
  if (content.format > format) {
    const message = `${path} has format ${content.format}; this version reads up to ${format}`;
    throw new DStreamError("CHECKPOINT_TOO_NEW", message, { data: { path, format: content.format } });
  }
  if (content.streamName !== streamName) {
    const message = `${path} has positions of the stream "${content.streamName}", not of "${streamName}"`;
    throw new DStreamError("CHECKPOINT_OTHER_JOB", message, { data: { path, streamName } });
  }
  return content.shards;
}
