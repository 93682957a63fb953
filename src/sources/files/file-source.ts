import { DStreamError } from "../../errors/dstream-error.ts";
import { messageOf, property } from "../../errors/shown/thrown.ts";
import { type Operator, operatorText } from "../../errors/user-code/user-function-failed.ts";
import type { SourceFile } from "../../plan/graph/nodes/source.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import { positionLeft } from "../left-positions.ts";
import type { Resume, SourceBatch, SourceDriver } from "../source-driver.ts";
import { newFiles } from "./new-files.ts";

export interface FileSourceOptions {
  /** The stream, as the program knows it. */
  readonly stream: Operator;
  /** Absolute path, or a pattern of folders. */
  readonly directory: string;
  readonly filter: (path: string) => boolean;
  /** Files that were changed up to this time, epoch ms, are none of the stream's. */
  readonly ignoredUntil: number;
  /** Milliseconds. */
  readonly batchInterval: number;
  /** How long files are remembered, and may be late, in milliseconds. Default: Spark's, a minute. */
  readonly minRememberDuration?: number | undefined;
  readonly log: JobLog;
  readonly files: FileSystem;
}

/** Where a stream stands behind a batch, as its checkpoint keeps it. */
interface Position {
  /** The stream's folder. Checkpoints of earlier versions do not know it. */
  readonly directory?: string;
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

const defaultRememberMs = 60_000;

/**
 * Spark's file streams: a batch has the files that came into a folder since the batch before, one partition each. A file counts by
 * the time of its last change, which moving it keeps: it may be up to a minute old when it is moved in, and is read once. With a
 * checkpoint the files that came while the job was down count, too.
 */
export class FileSource implements SourceDriver {
  readonly nodeId: number;
  readonly #options: FileSourceOptions;
  #position: Position | undefined;
  /** The folder, where the position of the stream's name does not say of which it is. */
  #resumedFrom: string | undefined;
  #isMissingTold = false;

  constructor(nodeId: number, options: FileSourceOptions) {
    this.nodeId = nodeId;
    this.#options = options;
  }

  async start(_slots: number, resume: Resume | undefined): Promise<number> {
    if (resume !== undefined) this.#position = this.#positionIn(resume);
    return 0;
  }

  leftOver(saved: unknown): unknown {
    const isOwn = isPosition(saved) && (saved.directory ?? this.#resumedFrom) === this.#options.directory;
    return isOwn ? undefined : saved;
  }

  /** By the folder, whatever the streams' order and names were. @throws POSITION_GIVEN_UP */
  #positionIn({ saved, all, left }: Resume): Position | undefined {
    const { directory, stream } = this.#options;
    const isOwn = (position: unknown): position is Position => isPosition(position) && position.directory === directory;
    const own = isOwn(saved) ? saved : Object.values(all).find(isOwn);
    if (own !== undefined) return own;
    const other = left.find((position) => isOwn(position.saved));
    if (other !== undefined) throw positionLeft(operatorText(stream), other.name, `the folder ${directory}`);
    if (!isPosition(saved)) return undefined;
    if (saved.directory === undefined) {
      this.#resumedFrom = directory;
      return saved;
    }
    const text = `${operatorText(stream)} had the folder ${saved.directory} and has ${directory} now, in which it begins anew`;
    this.#options.log.warn("FOLDER_CHANGED", text);
    return undefined;
  }

  async plan(time: number): Promise<SourceBatch> {
    const { directory, filter, batchInterval, minRememberDuration = defaultRememberMs } = this.#options;
    const last = this.#position;
    const ignoredUntil = last?.ignoredUntil ?? this.#options.ignoredUntil;
    // The window ends with the batch, but for the first batch of a job that was down: what came meanwhile was in nobody's window.
    const window = Math.ceil(minRememberDuration / batchInterval) * batchInterval;
    const windowStart = Math.min(time, (last?.at ?? time) + batchInterval) - window;
    const after = Math.max(ignoredUntil, windowStart);
    const found = await this.#find({ directory, filter, after, until: time });
    const remembered = (last?.recent ?? []).filter(([, batchTime]) => batchTime >= windowStart);
    const known = new Set(remembered.map(([path]) => path));
    const files = found.filter(({ path }) => !known.has(path));
    const recent = [...remembered, ...files.map(({ path }) => [path, time] as const)];
    this.#position = { directory, at: time, ignoredUntil, files, recent };
    return this.#batch(this.#position);
  }

  /** A stream that the program did not have then has no files in that batch. */
  async again(_time: number, { saved, all }: Resume): Promise<SourceBatch> {
    const position = this.#plannedIn(saved, all);
    if (position === undefined) return { inputs: [], numRecords: 0, offsetRanges: [] };
    this.#position = position;
    return this.#batch(position);
  }

  #plannedIn(saved: unknown, all: Resume["all"]): Position | undefined {
    const { directory } = this.#options;
    const planned = [saved, ...Object.values(all)].filter(isPosition);
    return planned.find((position) => (position.directory ?? this.#resumedFrom) === directory);
  }

  async committed(): Promise<void> {}

  async drain(): Promise<boolean> {
    return false;
  }

  async stop(): Promise<void> {}

  async #find(choice: Parameters<typeof newFiles>[0]): Promise<SourceFile[]> {
    let found: SourceFile[] | undefined;
    try {
      found = await newFiles(choice, this.#options.files);
    } catch (cause) {
      if (cause instanceof DStreamError || property(cause, "syscall") === undefined) throw cause;
      const text = `the folder ${choice.directory} cannot be read: ${messageOf(cause)}`;
      throw new DStreamError("FILE_UNAVAILABLE", text, { cause, data: { path: choice.directory }, retryable: true });
    }
    if (found === undefined && !this.#isMissingTold) {
      this.#isMissingTold = true;
      this.#options.log.warn("FOLDER_MISSING", `there is no folder ${choice.directory}; the stream waits for it`);
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
