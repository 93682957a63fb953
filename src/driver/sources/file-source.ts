import { DStreamError } from "../../errors/dstream-error.ts";
import { messageOf, property } from "../../errors/thrown.ts";
import type { SourceFile } from "../../plan/nodes/source.ts";
import type { Resume, SourceBatch, SourceDriver } from "../source-driver.ts";
import { newFiles } from "./new-files.ts";

export interface FileSourceOptions {
  /** Absolute path, or a pattern of folders. */
  readonly directory: string;
  readonly filter: (path: string) => boolean;
  /** Files that were changed up to this time, epoch ms, are none of the stream's. */
  readonly ignoredUntil: number;
  /** Milliseconds. */
  readonly batchInterval: number;
}

/** Where a stream stands behind a batch, as its checkpoint keeps it. */
interface Position {
  /** The batch's time. */
  readonly at: number;
  readonly ignoredUntil: number;
  /** The batch's files. */
  readonly files: readonly SourceFile[];
  /** Files of this batch and of those within the window before it, with the times of their batches. */
  readonly recent: readonly (readonly [path: string, batchTime: number])[];
}

/** Whether what a source saved is the position of a stream of files: another source may have had the name. */
function isPosition(saved: unknown): saved is Position {
  return typeof saved === "object" && saved !== null && "files" in saved && "recent" in saved;
}

/** How long files are remembered, and may be late: Spark's `spark.streaming.fileStream.minRememberDuration`. */
const rememberMs = 60_000;

/**
 * Spark's file streams: a batch has the files that came into a folder since the batch before, one partition each. A file counts by
 * the time of its last change, which moving it keeps: it may be up to a minute old when it is moved in, and is read once. With a
 * checkpoint the files that came while the job was down count, too.
 */
export class FileSource implements SourceDriver {
  readonly nodeId: number;
  readonly #options: FileSourceOptions;
  #position: Position | undefined;
  #isMissingTold = false;

  constructor(nodeId: number, options: FileSourceOptions) {
    this.nodeId = nodeId;
    this.#options = options;
  }

  async start(_slots: number, resume: Resume | undefined): Promise<number> {
    if (isPosition(resume?.saved)) this.#position = resume.saved;
    return 0;
  }

  async plan(time: number): Promise<SourceBatch> {
    const { directory, filter, batchInterval } = this.#options;
    const last = this.#position;
    const ignoredUntil = last?.ignoredUntil ?? this.#options.ignoredUntil;
    // The window ends with the batch, but for the first batch of a job that was down: what came meanwhile was in nobody's window.
    const window = Math.ceil(rememberMs / batchInterval) * batchInterval;
    const windowStart = Math.min(time, (last?.at ?? time) + batchInterval) - window;
    const after = Math.max(ignoredUntil, windowStart);
    const found = await this.#find({ directory, filter, after, until: time });
    const remembered = (last?.recent ?? []).filter(([, batchTime]) => batchTime >= windowStart);
    const known = new Set(remembered.map(([path]) => path));
    const files = found.filter(({ path }) => !known.has(path));
    const recent = [...remembered, ...files.map(({ path }) => [path, time] as const)];
    this.#position = { at: time, ignoredUntil, files, recent };
    return this.#batch(this.#position);
  }

  /** A stream that the program did not have then has no files in that batch. */
  async again(_time: number, { saved }: Resume): Promise<SourceBatch> {
    if (!isPosition(saved)) return { inputs: [], numRecords: 0, offsetRanges: [] };
    this.#position = saved;
    return this.#batch(saved);
  }

  async committed(): Promise<void> {}

  async drain(): Promise<boolean> {
    return false;
  }

  async stop(): Promise<void> {}

  async #find(choice: Parameters<typeof newFiles>[0]): Promise<SourceFile[]> {
    let found: SourceFile[] | undefined;
    try {
      found = await newFiles(choice);
    } catch (cause) {
      if (cause instanceof DStreamError || property(cause, "syscall") === undefined) throw cause;
      const text = `the folder ${choice.directory} cannot be read: ${messageOf(cause)}`;
      throw new DStreamError("FILE_UNAVAILABLE", text, { cause, data: { path: choice.directory }, retryable: true });
    }
    if (found === undefined && !this.#isMissingTold) {
      this.#isMissingTold = true;
      process.emitWarning(`there is no folder ${choice.directory}; the stream waits for it`, { type: "DStreamSource" });
    }
    return found ?? [];
  }

  /** As in Spark a batch's files count as no records: how many they have shows when they are read. */
  #batch(position: Position): SourceBatch {
    const inputs = position.files.map(
      (file, partition) => ({ kind: "file", source: this.nodeId, partition, file }) as const,
    );
    return { inputs, numRecords: 0, offsetRanges: [], saved: position };
  }
}
