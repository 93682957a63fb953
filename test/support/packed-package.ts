import { join } from "node:path";
import { outputOf } from "./processes.ts";

/** The package as it is published. */
export interface PackedPackage {
  /** Path of the archive. */
  readonly archive: string;
  /** Bytes of the archive. */
  readonly size: number;
  /** Paths of its files, within the package. */
  readonly files: readonly string[];
}

/** Builds and packs this clone into `folder`. */
export async function packPackage(folder: string): Promise<PackedPackage> {
  const output = await outputOf("npm", ["pack", "--json", "--pack-destination", folder]);
  const [entry] = JSON.parse(output) as [{ filename: string; size: number; files: { path: string }[] }];
  return { archive: join(folder, entry.filename), size: entry.size, files: entry.files.map(({ path }) => path) };
}
