import { checkpointUnavailable } from "../../errors/unavailable.ts";
import type { OpenFile } from "../../runtime/files/file-system.ts";
import type { StateFile } from "./state-file.ts";
import {
  corrupt,
  decodeIndex,
  indexPlace,
  preambleLength,
  type SectionPlace,
  trailerLength,
} from "./state-file-layout.ts";

/** Files of so many bytes are read at once and kept while they are open: most are what one batch changed. */
const wholeBytes = 1 << 18;

/** A state file that is open, and whose index was verified. */
export class StateFileInput {
  readonly file: StateFile;
  readonly sections: readonly SectionPlace[];
  readonly #handle: OpenFile;
  readonly #read: Read;

  private constructor(file: StateFile, handle: OpenFile, read: Read, sections: readonly SectionPlace[]) {
    this.file = file;
    this.#handle = handle;
    this.#read = read;
    this.sections = sections;
  }

  /** Takes over the handle, also when it fails. @throws CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW, CHECKPOINT_UNAVAILABLE */
  static async open(file: StateFile, handle: OpenFile): Promise<StateFileInput> {
    try {
      if ((await handle.size()) !== file.length) throw corrupt(file, `does not have its ${file.length} bytes`);
      const read = await readerOf(file, handle);
      const start = await read(0, preambleLength);
      const trailer = await read(file.length - trailerLength, trailerLength);
      const { offset, length } = indexPlace(file, start, trailer);
      const { sections } = decodeIndex(file, start, await read(offset, length), trailer);
      return new StateFileInput(file, handle, read, sections);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The bytes from `position` on, fewer where the file ends; what they are worth is for the caller to check. `room` is memory that may be read into. @throws CHECKPOINT_UNAVAILABLE */
  read(position: number, length: number, room?: Uint8Array): Promise<Uint8Array> {
    return this.#read(position, length, room);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

type Read = (position: number, length: number, room?: Uint8Array) => Promise<Uint8Array>;

async function readerOf(file: StateFile, handle: OpenFile): Promise<Read> {
  const read: Read = async (position, length, room) => {
    try {
      return await handle.read(position, length, room);
    } catch (error) {
      throw checkpointUnavailable(`state file ${file.id} cannot be read`, error);
    }
  };
  if (file.length > wholeBytes) return read;
  const whole = await read(0, file.length);
  return async (position, length) => whole.subarray(position, position + length);
}
