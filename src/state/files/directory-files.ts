import { join } from "node:path";
import { crc32c } from "../../bytes/crc32c.ts";
import { checkpointUnavailable } from "../../errors/unavailable.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { type Random, uniqueId } from "../../runtime/machine/random.ts";
import { SortedFile } from "../sorted/sorted-file.ts";
import type { BucketSection, NewStateFile, ReadSection, StateFile, StateFiles } from "./state-file.ts";
import { StateFileInput } from "./state-file-input.ts";
import { checkSection, corrupt, type SectionPlace } from "./state-file-layout.ts";
import { StateFileOutput, type WrittenFile } from "./state-file-output.ts";
import { decodeSection, type SectionContent } from "./state-section.ts";

/** Writes the sections of a file and says where they are. */
export type WriteSections = (output: StateFileOutput) => Promise<readonly SectionPlace[]>;

/** What state files need of the machine. */
export type FilesMachine = Pick<Machine, "files" | "random">;

/**
 * State files in a folder that every worker reaches. A file is named for its batch and its content and never changed: attempts
 * that write the same may meet, others never do, and what a task reports does not depend on when it ran.
 */
export class DirectoryFiles implements StateFiles {
  readonly isDurable = true;
  readonly #directory: string;
  readonly #fs: FileSystem;
  readonly #random: Random;

  constructor(directory: string, { files, random }: FilesMachine) {
    this.#directory = directory;
    this.#fs = files;
    this.#random = random;
  }

  write(file: NewStateFile, sections: Iterable<BucketSection>): Promise<StateFile> {
    return this.create(file, async (output) => {
      const places: SectionPlace[] = [];
      for (const { bucket, entries, bytes } of sections) {
        places.push({ bucket, entries, offset: output.length, length: bytes.length, crc: crc32c(bytes) });
        await output.append(bytes);
      }
      return places;
    });
  }

  /**
   * Resolves when the file is on the medium. `tag` is for a file of a batch that has been before: by it nobody who removes what that
   * batch left takes it for such.
   *
   * @throws CHECKPOINT_UNAVAILABLE, and what `write` throws of other files that it reads.
   */
  async create(file: NewStateFile, write: WriteSections, tag = ""): Promise<StateFile> {
    const path = join(this.#directory, `${file.time}-${uniqueId(this.#random)}.new`);
    try {
      const { digest, ...written } = await this.#writeNew(path, file, write);
      const id = `${file.time}-${digest}${tag}.${file.kind}`;
      await this.#fs.rename(path, join(this.#directory, id));
      return { ...file, id, ...written };
    } catch (error) {
      // On a full disk the half of a large file takes the room that the next start needs.
      await this.#fs.remove(path).catch(() => {});
      throw checkpointUnavailable(`state file ${path} cannot be written`, error);
    }
  }

  async #writeNew(path: string, file: NewStateFile, write: WriteSections): Promise<WrittenFile> {
    const handle = await this.#fs.open(path, "create");
    try {
      const output = new StateFileOutput(handle, file);
      const written = await output.end(await write(output));
      await handle.sync();
      return written;
    } finally {
      await handle.close();
    }
  }

  async *read(file: StateFile, from: number, until: number): AsyncGenerator<ReadSection> {
    const input = await this.open(file);
    try {
      if (file.layout === "sorted") yield* new SortedFile(input).contents(from, until);
      else yield* rankedSections(input, from, until);
    } finally {
      await input.close();
    }
  }

  /** @throws CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW, CHECKPOINT_UNAVAILABLE */
  async open(file: StateFile): Promise<StateFileInput> {
    if (!/^[\w.-]+$/.test(file.id)) throw corrupt(file, "has a name that no state file has");
    try {
      return await StateFileInput.open(file, await this.#fs.open(join(this.#directory, file.id), "read"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") throw corrupt(file, "is missing", error);
      throw checkpointUnavailable(`state file ${file.id} cannot be opened`, error);
    }
  }
}

async function* rankedSections(input: StateFileInput, from: number, until: number): AsyncGenerator<ReadSection> {
  for (const place of input.sections) {
    if (place.bucket < from || place.bucket >= until) continue;
    const bytes = await input.read(place.offset, place.length);
    checkSection(input.file, place, bytes);
    yield { bucket: place.bucket, ...decoded(input.file, place, bytes) };
  }
}

function decoded(file: StateFile, { bucket }: SectionPlace, bytes: Uint8Array): SectionContent {
  try {
    return decodeSection(bytes);
  } catch (cause) {
    throw corrupt(file, `has a section for bucket ${bucket} that cannot be decoded`, cause);
  }
}
