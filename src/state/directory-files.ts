import { createHash } from "node:crypto";
import { join } from "node:path";
import { checkpointUnavailable } from "../errors/checkpoint-unavailable.ts";
import { crc32c } from "../kafka/record-batch/crc32c.ts";
import type { FileSystem, OpenFile } from "../runtime/file-system.ts";
import { uniqueId } from "../runtime/unique-id.ts";
import type { BucketSection, NewStateFile, StateFile, StateFiles } from "./state-file.ts";
import {
  checkSection,
  corrupt,
  decodeIndex,
  encodeEnd,
  indexPlace,
  preamble,
  preambleLength,
  type SectionPlace,
  trailerLength,
} from "./state-file-layout.ts";

/** Bytes that are gathered before they are written. */
const writeBytes = 1 << 20;

/**
 * State files in a folder that every worker reaches. A file is named for its batch and its content and never changed: attempts
 * that write the same may meet, others never do, and what a task reports does not depend on when it ran.
 */
export class DirectoryFiles implements StateFiles {
  readonly isDurable = true;
  readonly #directory: string;
  readonly #fs: FileSystem;

  constructor(directory: string, fs: FileSystem) {
    this.#directory = directory;
    this.#fs = fs;
  }

  async write(file: NewStateFile, sections: Iterable<BucketSection>): Promise<StateFile> {
    const path = join(this.#directory, `${file.time}-${uniqueId()}.new`);
    try {
      const { digest, ...written } = await this.#writeNew(path, file, sections);
      const id = `${file.time}-${digest}.${file.kind}`;
      await this.#fs.rename(path, join(this.#directory, id));
      return { ...file, id, ...written };
    } catch (error) {
      throw checkpointUnavailable(`state file ${path} cannot be written`, error);
    }
  }

  async #writeNew(path: string, file: NewStateFile, sections: Iterable<BucketSection>): Promise<Written> {
    const handle = await this.#fs.open(path, "create");
    try {
      const written = await writeAll(handle, file, sections);
      await handle.sync();
      return written;
    } finally {
      await handle.close();
    }
  }

  async *read(file: StateFile, from: number, until: number): AsyncGenerator<BucketSection> {
    const handle = await this.#open(file);
    try {
      const read = async (position: number, length: number): Promise<Uint8Array> => {
        try {
          return await handle.read(position, length);
        } catch (error) {
          throw checkpointUnavailable(`state file ${file.id} cannot be read`, error);
        }
      };
      if ((await handle.size()) !== file.length) throw corrupt(file, `does not have its ${file.length} bytes`);
      const start = await read(0, preambleLength);
      const trailer = await read(file.length - trailerLength, trailerLength);
      const { offset, length } = indexPlace(file, start, trailer);
      const { sections } = decodeIndex(file, start, await read(offset, length), trailer);
      for (const place of sections) {
        if (place.bucket < from || place.bucket >= until) continue;
        const bytes = await read(place.offset, place.length);
        checkSection(file, place, bytes);
        yield { bucket: place.bucket, entries: place.entries, bytes };
      }
    } finally {
      await handle.close();
    }
  }

  async #open(file: StateFile): Promise<OpenFile> {
    if (!/^[\w.-]+$/.test(file.id)) throw corrupt(file, "has a name that no state file has");
    try {
      return await this.#fs.open(join(this.#directory, file.id), "read");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") throw corrupt(file, "is missing", error);
      throw checkpointUnavailable(`state file ${file.id} cannot be opened`, error);
    }
  }
}

interface Written {
  readonly length: number;
  readonly crc: number;
  /** Names the content: 128 bits of its SHA-256. */
  readonly digest: string;
}

async function writeAll(handle: OpenFile, file: NewStateFile, sections: Iterable<BucketSection>): Promise<Written> {
  const hash = createHash("sha256");
  const places: SectionPlace[] = [];
  let gathered: Uint8Array[] = [preamble()];
  let [written, length] = [0, preambleLength];
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(gathered);
    gathered = [];
    hash.update(bytes);
    await handle.write(bytes, written);
    written += bytes.length;
  };
  for (const { bucket, entries, bytes } of sections) {
    places.push({ bucket, entries, offset: length, length: bytes.length, crc: crc32c(bytes) });
    gathered.push(bytes);
    length += bytes.length;
    if (length - written >= writeBytes) await flush();
  }
  const end = encodeEnd({ ...file, sections: places }, length);
  gathered.push(end.bytes);
  await flush();
  return { length: written, crc: end.crc, digest: hash.digest("hex").slice(0, 32) };
}
