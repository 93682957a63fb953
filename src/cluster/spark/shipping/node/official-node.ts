import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { createGunzip } from "node:zlib";
import { DStreamError } from "../../../../errors/dstream-error.ts";

const oldestMajor = 24;

/** Node as nodejs.org publishes it for a platform. */
export interface OfficialNode {
  /** As its archive's name has it: "linux-arm64". */
  readonly platform: string;
  /** The program itself. */
  readonly size: number;
  readonly body: ReadableStream<Uint8Array>;
  /** Has to be called at the end. */
  close(): void;
}

/**
 * Opens `node-v24.x.y-<platform>.tar.gz` and finds the program in it.
 * @throws INVALID_OPTION when it can't be read, is something else, or is too old
 */
export async function openOfficialNode(path: string): Promise<OfficialNode> {
  const { createTarDecoder } = await import("modern-tar");
  const file = createReadStream(path);
  const content = file.pipe(createGunzip());
  file.on("error", (error) => content.destroy(error));
  try {
    // Not `for await`, which would close the stream when the program is found.
    const entries = Readable.toWeb(content).pipeThrough(createTarDecoder()).getReader();
    for (let { value } = await entries.read(); value !== undefined; { value } = await entries.read()) {
      const { header, body } = value as TarEntry;
      const [, major, platform, name] = /^node-v(\d+)\.[^/]*?-([a-z]+-[a-z0-9-]+)\/(.*)$/.exec(header.name) ?? [];
      if (platform === undefined) break;
      if (Number(major) < oldestMajor) throw invalid(path, `holds Node ${major}; it has to be ${oldestMajor} or newer`);
      if (name === "bin/node") return { platform, size: header.size, body, close: () => void content.destroy() };
      await body.cancel();
    }
  } catch (error) {
    content.destroy();
    throw error instanceof DStreamError ? error : invalid(path, "cannot be read", error);
  }
  content.destroy();
  throw invalid(path, "is no Node as nodejs.org publishes it for Linux and macOS (node-v24.x.y-linux-x64.tar.gz)");
}

interface TarEntry {
  readonly header: { readonly name: string; readonly size: number };
  readonly body: ReadableStream<Uint8Array>;
}

function invalid(path: string, text: string, cause?: unknown): DStreamError {
  return new DStreamError("INVALID_OPTION", `nodeArchive: ${path} ${text}`, {
    cause,
    data: { option: "nodeArchive" },
  });
}
