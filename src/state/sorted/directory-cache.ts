import type { SectionDirectory } from "./section-directory.ts";

/** Bytes of directories that a worker keeps: those of about ten million keys. */
const maxBytes = 64 << 20;

/** Directories of sections that were used last; files never change, so what is known of them stays true. */
export class DirectoryCache {
  readonly #directories = new Map<string, SectionDirectory>();
  #bytes = 0;

  async get(id: string, read: () => Promise<SectionDirectory>): Promise<SectionDirectory> {
    const directory = this.#directories.get(id) ?? (await read());
    this.forget(id);
    this.#directories.set(id, directory);
    this.#bytes += sizeOf(directory);
    for (const oldest of this.#directories.keys()) {
      if (this.#bytes <= maxBytes) break;
      this.forget(oldest);
    }
    return directory;
  }

  forget(id: string): void {
    const directory = this.#directories.get(id);
    if (directory === undefined) return;
    this.#directories.delete(id);
    this.#bytes -= sizeOf(directory);
  }
}

function sizeOf({ hashes, offsets, firsts, crcs }: SectionDirectory): number {
  return hashes.byteLength + offsets.byteLength + firsts.byteLength + crcs.byteLength;
}
