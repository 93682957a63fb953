// A session's files, cut into the messages of one upload stream, each piece with its CRC.
import { open, stat } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** `name` is a path below one of Spark's folders: "archives/node-1a2b.tar.gz#node", "files/job-3c4d.mjs". */
export type Artifact = { readonly name: string } & (
  | { readonly bytes: Uint8Array; readonly path?: undefined }
  | { readonly path: string; readonly bytes?: undefined }
);

const chunkBytes = 256 * 1024;

interface Chunk {
  readonly data: Uint8Array;
  readonly crc: bigint;
}

/** What an upload request says besides who sends it. */
export type ArtifactPayload =
  | { case: "batch"; value: { artifacts: { name: string; data: Chunk }[] } }
  | { case: "beginChunk"; value: { name: string; totalBytes: bigint; numChunks: bigint; initialChunk: Chunk } }
  | { case: "chunk"; value: Chunk };

export async function totalBytes(artifacts: readonly Artifact[]): Promise<number> {
  const sizes = artifacts.map(({ bytes, path }) =>
    bytes === undefined ? stat(path).then(({ size }) => size) : bytes.length,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The messages of one artifact, in order: one when it is small. */
export async function* artifactPayloads(artifact: Artifact): AsyncGenerator<ArtifactPayload> {
  const { name } = artifact;
  await using content = artifact.bytes === undefined ? await fileContent(artifact.path) : bytesContent(artifact.bytes);
  const numChunks = Math.ceil(content.byteLength / chunkBytes);
  if (numChunks <= 1) {
    const data = chunk(await content.read(0, content.byteLength));
    yield { case: "batch", value: { artifacts: [{ name, data }] } };
    return;
  }
  for (let index = 0; index < numChunks; index++) {
    const from = index * chunkBytes;
    const value = chunk(await content.read(from, Math.min(chunkBytes, content.byteLength - from)));
    const totals = { totalBytes: BigInt(content.byteLength), numChunks: BigInt(numChunks) };
    yield index === 0
      ? { case: "beginChunk", value: { name, ...totals, initialChunk: value } }
      : { case: "chunk", value };
  }
}

function chunk(data: Uint8Array): Chunk {
  return { data, crc: BigInt(crc32(data)) };
}

interface Content extends AsyncDisposable {
  readonly byteLength: number;
  read(from: number, length: number): Promise<Uint8Array>;
}

function bytesContent(bytes: Uint8Array): Content {
  return {
    byteLength: bytes.length,
    read: async (from, length) => bytes.subarray(from, from + length),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function fileContent(path: string): Promise<Content> {
  const file = await open(path);
  const { size } = await file.stat();
  return {
    byteLength: size,
    async read(from, length) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, from);
      if (bytesRead < length) throw new Error(`${path} became shorter while it was uploaded`);
      return buffer;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
