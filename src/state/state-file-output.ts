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
  readonly #gathered = Buffer.allocUnsafeSlow(writeBytes);
  #numGathered = 0;
  #written = 0;

  constructor(handle: OpenFile, file: NewStateFile) {
    this.#handle = handle;
    this.#file = file;
    this.#numGathered = preamble(file.layout).copy(this.#gathered);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#written + this.#numGathered;
  }

  /** Resolves when `bytes` may be written over. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + writeBytes - this.#numGathered);
      this.#gathered.set(part, this.#numGathered);
      this.#numGathered += part.length;
      at += part.length;
      if (this.#numGathered === writeBytes) await this.#flush();
    }
  }

  async end(sections: readonly SectionPlace[]): Promise<WrittenFile> {
    const { bytes, crc } = encodeEnd({ ...this.#file, sections }, this.length);
    await this.append(bytes);
    await this.#flush();
    return { length: this.#written, crc, digest: this.#hash.digest("hex").slice(0, 32) };
  }

  async #flush(): Promise<void> {
    const bytes = this.#gathered.subarray(0, this.#numGathered);
    this.#hash.update(bytes);
    await this.#handle.write(bytes, this.#written);
    this.#written += bytes.length;
    this.#numGathered = 0;
  }
}
