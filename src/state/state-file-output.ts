import { createHash } from "node:crypto";
import type { OpenFile } from "../runtime/file-system.ts";
import type { NewStateFile } from "./state-file.ts";
import { encodeEnd, preamble, type SectionPlace } from "./state-file-layout.ts";

/** Bytes that are gathered before they are written. */
const writeBytes = 1 << 20;

export interface WrittenFile {
  readonly length: number;
  readonly crc: number;
  /** Names the content: 128 bits of its SHA-256. */
  readonly digest: string;
}

/** A state file while it is written, from its beginning to its end. */
export class StateFileOutput {
  readonly #handle: OpenFile;
  readonly #file: NewStateFile;
  readonly #hash = createHash("sha256");
  #gathered: Uint8Array[];
  #length: number;
  #written = 0;

  constructor(handle: OpenFile, file: NewStateFile) {
    const start = preamble(file.layout);
    this.#handle = handle;
    this.#file = file;
    this.#gathered = [start];
    this.#length = start.length;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Takes over `bytes`; they are not looked at again by the caller. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#gathered.push(bytes);
    this.#length += bytes.length;
    if (this.#length - this.#written >= writeBytes) await this.#flush();
  }

  async end(sections: readonly SectionPlace[]): Promise<WrittenFile> {
    const { bytes, crc } = encodeEnd({ ...this.#file, sections }, this.#length);
    this.#gathered.push(bytes);
    await this.#flush();
    return { length: this.#written, crc, digest: this.#hash.digest("hex").slice(0, 32) };
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#hash.update(bytes);
    await this.#handle.write(bytes, this.#written);
    this.#written += bytes.length;
  }
}
