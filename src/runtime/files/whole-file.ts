import type { FileSystem } from "./file-system.ts";

/** All that a file has. @throws what the file system throws */
export async function readFile(path: string, files: FileSystem): Promise<Uint8Array> {
  const file = await files.open(path, "read");
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/** A file with these bytes, in place of the one that is there. @throws what the file system throws */
export async function writeFile(path: string, bytes: Uint8Array, files: FileSystem): Promise<void> {
  await files.remove(path);
  const file = await files.open(path, "create");
  try {
    await file.write(bytes, 0);
  } finally {
    await file.close();
  }
}
