import { join } from "node:path";
import { crc32 } from "node:zlib";
import { DStreamError } from "../errors/dstream-error.ts";
import type { Machine } from "../runtime/machine/machine.ts";
import type { CommittedOffset } from "./groups/group-store.ts";
import type { LeaderEpoch } from "./log/leader-epochs.ts";
import type { TopicConfig } from "./topics/topic-config.ts";
import type { GroupOffset, TransactionRecord } from "./transactions/transaction.ts";

/** What the broker has to remember besides records. */
export type MetaRecord =
  | {
      readonly type: "topic";
      readonly name: string;
      readonly id: string;
      readonly partitions: number;
      readonly config: TopicConfig;
    }
  | { readonly type: "topic-deleted"; readonly name: string }
  | { readonly type: "log-start"; readonly topicId: string; readonly partition: number; readonly offset: number }
  /** Of a partition that has seen more than one start of the broker. */
  | {
      readonly type: "leader-epochs";
      readonly topicId: string;
      readonly partition: number;
      readonly epochs: readonly LeaderEpoch[];
    }
  /** Below the offset every key of a partition was compacted. */
  | { readonly type: "cleaned"; readonly topicId: string; readonly partition: number; readonly offset: number }
  /** Those of earlier versions have no time. */
  | ({ readonly type: "offset"; readonly group: string; readonly commitMs?: number } & CommittedOffset)
  | { readonly type: "group-members"; readonly group: string; readonly emptySince: number | "active" }
  | { readonly type: "offset-deleted"; readonly group: string; readonly topic: string; readonly partition: number }
  | { readonly type: "group-deleted"; readonly group: string }
  /** Producer ids below were given out. */
  | { readonly type: "producer-ids"; readonly below: number }
  | ({ readonly type: "transaction" } & TransactionRecord)
  | {
      readonly type: "transaction-offsets";
      readonly transactionalId: string;
      readonly offsets: readonly GroupOffset[];
    };

/** It is written anew when it has grown by this much, and to twice what counts. */
const rewriteFromBytes = 1024 * 1024;

/**
 * A line for each record, behind the checksum of its text; what was said last counts. Without a folder it keeps nothing. It is not
 * synced at each record: as with the logs, the machine's death may take the last ones.
 */
export class MetaLog {
  readonly #path: string | undefined;
  readonly #machine: Pick<Machine, "syncFiles" | "timers">;
  #file: number | undefined;
  #bytes = 0;
  #bytesRewritten = 0;
  #isRewriteDue = false;
  /** All that counts, for a new file. */
  snapshot: () => readonly MetaRecord[] = () => [];

  constructor(dir: string | undefined, machine: Pick<Machine, "syncFiles" | "timers">) {
    this.#path = dir === undefined ? undefined : join(dir, "meta.log");
    this.#machine = machine;
    if (dir !== undefined) machine.syncFiles.makeDirectory(dir);
  }

  /** What a crash left half written at the end is left out. @throws BROKER_FILES_CORRUPT for a damaged line before the last. */
  read(): MetaRecord[] {
    if (this.#path === undefined || !this.#machine.syncFiles.exists(this.#path)) return [];
    const records: MetaRecord[] = [];
    const lines = this.#machine.syncFiles.readFile(this.#path).toString().split("\n");
    let damaged = -1;
    for (const [i, line] of lines.entries()) {
      const text = line.slice(9);
      const isGood = line.slice(0, 8) === checksum(text);
      if (!isGood) damaged = damaged < 0 ? i : damaged;
      else if (damaged >= 0) throw corrupt(this.#path, damaged + 1);
      else records.push(JSON.parse(text) as MetaRecord);
    }
    return records;
  }

  append(record: MetaRecord): void {
    if (this.#file === undefined) return;
    const { syncFiles, timers } = this.#machine;
    const line = Buffer.from(lineOf(record));
    try {
      syncFiles.write(this.#file, line, this.#bytes);
    } catch (error) {
      // A full disk: half a line must not stand before the next one.
      syncFiles.truncate(this.#file, this.#bytes);
      throw error;
    }
    this.#bytes += line.length;
    if (this.#isRewriteDue || this.#bytes < 2 * this.#bytesRewritten + rewriteFromBytes) return;
    this.#isRewriteDue = true;
    // Whoever appends does what he noted right afterwards; then the snapshot has it.
    void timers.turn().then(() => {
      try {
        if (this.#isRewriteDue) this.rewrite();
      } catch {
        // The disk is full: what is there still says everything. Tried again after as much as this.
        this.#bytesRewritten = this.#bytes;
      }
    });
  }

  /** Replaces everything by the records that still count, synced. */
  rewrite(): void {
    this.#isRewriteDue = false;
    if (this.#path === undefined) return;
    const bytes = Buffer.from(this.snapshot().map(lineOf).join(""));
    const { syncFiles } = this.#machine;
    const file = syncFiles.open(`${this.#path}.next`, "new");
    syncFiles.write(file, bytes, 0);
    syncFiles.sync(file);
    syncFiles.rename(`${this.#path}.next`, this.#path);
    if (this.#file !== undefined) syncFiles.close(this.#file);
    this.#file = file;
    this.#bytes = bytes.length;
    this.#bytesRewritten = bytes.length;
  }

  close(): void {
    if (this.#path === undefined) return;
    this.rewrite();
    this.#machine.syncFiles.close(this.#file as number);
    this.#file = undefined;
  }
}

function lineOf(record: MetaRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

function corrupt(path: string, line: number): DStreamError {
  const advice = "restore the broker's folder from a copy, or start with an empty one";
  const text = `line ${line} of ${path} is damaged, and others follow it; ${advice}`;
  return new DStreamError("BROKER_FILES_CORRUPT", text, { data: { path, line } });
}
