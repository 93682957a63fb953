import { join } from "node:path";
import { checkpointUnavailable } from "../../errors/unavailable.ts";
import type { FileSystem, OpenFile } from "../../runtime/files/file-system.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { uniqueId } from "../../runtime/machine/random.ts";
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

type Check = () => Promise<void>;

/** What a journal is made with. */
export type JournalMachine = Pick<Machine, "files" | "random">;

/** Another driver has begun the generation. */
export class GenerationTaken extends Error {}

/**
 * The log of a checkpoint: one file that records are appended to, each append durable before what follows it begins. It is begun
 * aside and gets its name when it is whole: at every start that of the next generation, which one driver alone can get, and when it
 * has grown its own once more. A driver that was replaced goes on writing to a file that nobody reads any more.
 */
export class Journal {
  /** Higher than those of the drivers before. */
  readonly generation: number;
  readonly #path: string;
  readonly #file: OpenFile;
  #length: number;
  #appends = 0;
  #failure: unknown;

  private constructor(path: string, generation: number, file: OpenFile, length: number) {
    this.generation = generation;
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  /**
   * Begins a generation, behind all before it. `check` is called when only the name is left to be given.
   *
   * @throws GenerationTaken, CHECKPOINT_UNAVAILABLE, what `check` throws
   */
  static begin(
    directory: string,
    machine: JournalMachine,
    generation: number,
    first: object,
    check?: Check,
  ): Promise<Journal> {
    const { files: fs } = machine;
    return Journal.#make(directory, machine, generation, first, async (aside, path) => {
      await check?.();
      await fs.link(aside, path).catch((error: NodeJS.ErrnoException) => {
        throw error.code === "EEXIST" ? new GenerationTaken(`${path} is another driver's`) : error;
      });
      await fs.remove(aside);
    });
  }

  /** A new one in the place of this, of the same generation. @throws CHECKPOINT_UNAVAILABLE */
  async again(directory: string, machine: JournalMachine, first: object): Promise<Journal> {
    const journal = await Journal.#make(directory, machine, this.generation, first, (aside, path) =>
      machine.files.rename(aside, path),
    );
    await this.close();
    return journal;
  }

  static async #make(
    directory: string,
    { files: fs, random }: JournalMachine,
    generation: number,
    first: object,
    name: (aside: string, path: string) => Promise<void>,
  ): Promise<Journal> {
    const path = join(directory, journalOf(generation));
    const aside = `${path}.${uniqueId(random)}.new`;
    const bytes = encodeRecords([first], 0);
    try {
      const file = await fs.open(aside, "create");
      try {
        await file.write(bytes, 0);
        await file.sync();
        await name(aside, path);
        await fs.syncDirectory(directory);
      } catch (error) {
        await file.close();
        await fs.remove(aside).catch(() => {});
        throw error;
      }
      return new Journal(path, generation, file, bytes.length);
    } catch (error) {
      if (error instanceof GenerationTaken) throw error;
      throw checkpointUnavailable(`${aside} cannot be written`, error);
    }
  }

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** Resolves when the records are on the medium. After a failure nobody knows what is there, so nothing is appended any more. */
  async append(records: readonly object[]): Promise<void> {
    const bytes = encodeRecords(records, ++this.#appends);
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
