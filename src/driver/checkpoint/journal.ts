import { join } from "node:path";
import { checkpointUnavailable } from "../../errors/checkpoint-unavailable.ts";
import type { FileSystem, OpenFile } from "../../runtime/file-system.ts";
import { uniqueId } from "../../runtime/unique-id.ts";
import { journalOf, newestJournal } from "./journal-names.ts";
import { decodeRecords, encodeRecords } from "./journal-text.ts";

/** What a checkpoint's journal says. */
export interface JournalContent {
  readonly generation: number;
  readonly records: readonly unknown[];
}

/** The newest journal of a checkpoint; undefined when there is none. @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE */
export async function readJournal(directory: string, fs: FileSystem): Promise<JournalContent | undefined> {
  for (let missing: string | undefined; ; ) {
    const newest = await newestJournal(directory, fs);
    if (newest === undefined) return undefined;
    const path = join(directory, newest.name);
    try {
      const file = await fs.open(path, "read");
      try {
        const records = decodeRecords(await file.read(0, await file.size()), path);
        return { generation: newest.generation, records };
      } finally {
        await file.close();
      }
    } catch (error) {
      // Removed meanwhile by a driver that has begun a newer one; unless it is named all the same, as a link that leads nowhere is.
      const isRemoved = (error as NodeJS.ErrnoException).code === "ENOENT" && newest.name !== missing;
      if (!isRemoved) throw checkpointUnavailable(`${path} cannot be read`, error);
      missing = newest.name;
    }
  }
}

/**
 * The log of a checkpoint: one file that records are appended to, each durable before what follows it begins. It is begun anew
 * aside and renamed into its place, at every start with the next generation's name and under the same name when it has grown; a
 * driver that was replaced goes on writing to a file that nobody reads any more.
 */
export class Journal {
  /** Higher than those of the drivers before. */
  readonly generation: number;
  readonly #path: string;
  readonly #file: OpenFile;
  #length: number;
  #failure: unknown;

  private constructor(path: string, generation: number, file: OpenFile, length: number) {
    this.generation = generation;
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /** Takes the place of that of the same generation, and of all before it. @throws CHECKPOINT_UNAVAILABLE */
  static async begin(directory: string, fs: FileSystem, generation: number, first: object): Promise<Journal> {
    const path = join(directory, journalOf(generation));
    const aside = `${path}.${uniqueId()}.new`;
    const bytes = encodeRecords([first]);
    try {
      const file = await fs.open(aside, "create");
      try {
        await file.write(bytes, 0);
        await file.sync();
        await fs.rename(aside, path);
        await fs.syncDirectory(directory);
      } catch (error) {
        await file.close();
        throw error;
      }
      return new Journal(path, generation, file, bytes.length);
    } catch (error) {
      throw checkpointUnavailable(`${aside} cannot be written`, error);
    }
  }

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** Resolves when the records are on the medium. After a failure nobody knows what is there, so nothing is appended any more. */
  async append(records: readonly object[]): Promise<void> {
    const bytes = encodeRecords(records);
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#file.write(bytes, this.#length);
      await this.#file.sync();
      this.#length += bytes.length;
    } catch (error) {
      this.#failure = error;
      throw checkpointUnavailable(`${this.#path} cannot be written`, error);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
