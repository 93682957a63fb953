import { join } from "node:path";
import { checkpointUnavailable } from "../../errors/checkpoint-unavailable.ts";
import type { FileSystem, OpenFile } from "../../runtime/file-system.ts";
import { uniqueId } from "../../runtime/unique-id.ts";
import { decodeRecords, encodeRecords } from "./journal-text.ts";

export const journalName = "journal";

/** The records of a checkpoint's journal; undefined when there is none. @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE */
export async function readJournal(directory: string, fs: FileSystem): Promise<unknown[] | undefined> {
  const path = join(directory, journalName);
  try {
    const file = await fs.open(path, "read");
    try {
      return decodeRecords(await file.read(0, await file.size()), path);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw checkpointUnavailable(`${path} cannot be read`, error);
  }
}

/**
 * The log of a checkpoint: one file that records are appended to, each durable before what follows it begins. It is begun anew
 * under another name and renamed into its place, at every start and when it has grown; a driver that was replaced goes on
 * writing to a file that has no name any more.
 */
export class Journal {
  readonly #path: string;
  readonly #file: OpenFile;
  #length: number;
  #failure: unknown;

  private constructor(path: string, file: OpenFile, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /** Takes the place of the journal that is there. @throws CHECKPOINT_UNAVAILABLE */
  static async begin(directory: string, fs: FileSystem, first: object): Promise<Journal> {
    const path = join(directory, journalName);
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
      return new Journal(path, file, bytes.length);
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
