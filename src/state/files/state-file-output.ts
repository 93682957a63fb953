import { createHash } from "node:crypto";
import type { OpenFile } from "../../runtime/files/file-system.ts";
import { ByteSink } from "../sorted/write/byte-sink.ts";
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
  /** Grows with the file, since most are small: what one batch changed. */
  readonly #gathered = new ByteSink();
  #written = 0;

  constructor(handle: OpenFile, file: NewStateFile) {
    this.#handle = handle;
    this.#file = file;
    this.#gathered.append(preamble(file.layout));
  }

  /** Bytes so far. */
  get length(): number {
    return this.#written + this.#gathered.length;
  }

  /** Resolves when `bytes` may be written over. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + writeBytes - this.#gathered.length);
      this.#gathered.append(bytes, at, end);
      at = end;
      if (this.#gathered.length === writeBytes) await this.#flush();
    }
  }

  async end(sections: readonly SectionPlace[]): Promise<WrittenFile> {
    const { bytes, crc } = encodeEnd({ ...this.#file, sections }, this.length);
    await this.append(bytes);
    await this.#flush();
    return { length: this.#written, crc, digest: this.#hash.digest("hex").slice(0, 32) };
  }

  async #flush(): Promise<void> {
    const bytes = this.#gathered.bytes.subarray(0, this.#gathered.length);
    this.#hash.update(bytes);
    await this.#handle.write(bytes, this.#written);
    this.#written += bytes.length;
    this.#gathered.clear();
  }
}
