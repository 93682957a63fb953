import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Artifact } from "../connect/session/artifact-requests.ts";
import { contentHash, shortHash } from "./content-hash.ts";
import { makeNodeArchive } from "./node/node-archive.ts";
import { bundleWorker } from "./worker-bundle.ts";
import { nodeFolder, workerCommand, workerFolder } from "./worker-command.ts";

/** The worker as a Spark session needs it. */
export interface WorkerArtifacts {
  /** Two archives: Node, which hardly ever changes, and the worker's program. Names are those of their contents. */
  readonly artifacts: readonly Artifact[];
  /** What `spark.sql.execution.pyspark.python` has to be, relative to the session's folder on executors. */
  readonly executable: string;
  /** What that runs on: "linux-x64". */
  readonly platform: string;
}

export interface WorkerOptions {
  /** Path of an archive of nodejs.org for the executors' platform; default: this process's own Node. */
  readonly nodeArchive?: string | undefined;
  /** The worker's main module; default: this package's. */
  readonly main?: string;
}

/**
 * Packs the worker for executors that have nothing but a shell.
 * @throws INVALID_OPTION, NOT_SUPPORTED as `makeNodeArchive` does
 */
export async function makeWorkerArtifacts({ nodeArchive, main }: WorkerOptions = {}): Promise<WorkerArtifacts> {
  const [node, program] = await Promise.all([makeNodeArchive(nodeArchive), bundleWorker(main)]);
  const worker = await makeWorkerArchive(workerCommand(node.platform), program);
  return {
    artifacts: [
      { name: `archives/${node.name}#${nodeFolder}`, path: node.path },
      { name: `archives/${worker.name}#${workerFolder}`, bytes: worker.bytes },
    ],
    executable: `${workerFolder}/bin/dstream-worker`,
    platform: node.platform,
  };
}

async function makeWorkerArchive(command: string, program: Uint8Array): Promise<{ name: string; bytes: Uint8Array }> {
  const { packTar } = await import("modern-tar");
  const header = { uid: 0, gid: 0, mtime: new Date(0) };
  const archive = await packTar([
    { header: { ...header, name: "bin/dstream-worker", mode: 0o755, size: command.length }, body: command },
    { header: { ...header, name: "worker.mjs", mode: 0o644, size: program.length }, body: program },
  ]);
  const bytes = await promisify(gzip)(archive);
  return { name: `dstream-worker-${shortHash(contentHash(bytes))}.tar.gz`, bytes };
}
