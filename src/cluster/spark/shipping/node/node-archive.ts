import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { TarSource } from "modern-tar/fs";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { cacheFolder } from "../../../../runtime/files/cache-folder.ts";
import { makeOnce } from "../../../../runtime/files/make-once.ts";
import { thisMachine } from "../../../../runtime/machine/machine.ts";
import { shortHash } from "../content-hash.ts";
import { type OfficialNode, openOfficialNode } from "./official-node.ts";

/** Node for the executors: a tar.gz in the cache folder that holds nothing but the program `node`. */
export interface NodeArchive {
  /** "dstream-node-<hash>.tar.gz", by the hash of what it was made from. */
  readonly name: string;
  readonly path: string;
  /** What it runs on: "linux-x64". */
  readonly platform: string;
}

/**
 * The archive of this process's own Node, or of the one in `official`, an archive of nodejs.org for another platform. It takes
 * seconds to make and is kept in the cache folder.
 *
 * @throws INVALID_OPTION when `official` is no such archive; NOT_SUPPORTED when this process's Node can't run elsewhere
 */
export async function makeNodeArchive(official?: string): Promise<NodeArchive> {
  const source = official === undefined ? undefined : await openOfficialNode(official);
  try {
    if (source === undefined) refuseUnmovable();
    const hash = createHash("sha256");
    await pipeline(createReadStream(official ?? process.execPath), hash);
    const name = `dstream-node-${shortHash(hash.digest("hex"))}.tar.gz`;
    const path = await makeOnce(thisMachine, join(cacheFolder(), name), (aside) => pack(source, aside));
    return { name, path, platform: source?.platform ?? ownPlatform() };
  } finally {
    source?.close();
  }
}

/** As archives' names have it: "linux-x64", "linux-x64-musl" where the C library is musl. */
function ownPlatform(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return platform;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? `${platform}-musl` : platform;
}

async function pack(official: OfficialNode | undefined, path: string): Promise<void> {
  const { packTar } = await import("modern-tar/fs");
  const attributes = { target: "node", mode: 0o755, mtime: new Date(0), uid: 0, gid: 0 };
  const node: TarSource =
    official === undefined
      ? { type: "file", source: process.execPath, ...attributes }
      : { type: "stream", content: Readable.fromWeb(official.body), size: official.size, ...attributes };
  await pipeline(packTar([node]), createGzip(), createWriteStream(path));
}

/** Node as distributions build it needs libraries that executors do not have; Windows has no shell for the worker's command. */
function refuseUnmovable(): void {
  const variables = process.config.variables as { node_shared?: boolean };
  const reason =
    process.platform === "win32"
      ? "Node for Windows"
      : variables.node_shared
        ? "this Node, which needs shared libraries beside it,"
        : undefined;
  if (reason === undefined) return;
  const text = `${reason} can't be shipped to Spark's executors: set nodeArchive to an archive of nodejs.org for their platform, like node-v24.x.y-linux-x64.tar.gz`;
  throw new DStreamError("NOT_SUPPORTED", text, { data: { option: "nodeArchive" } });
}
