import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

/** What the broker has to remember besides records. */
export type MetaRecord =
  | {
      readonly type: "topic";
      readonly name: string;
      readonly id: string;
      readonly partitions: number;
      readonly config: Readonly<Record<string, string>>;
    }
  | { readonly type: "topic-deleted"; readonly name: string }
  | {
      readonly type: "log-start";
      readonly topicId: string;
      readonly partition: number;
      readonly offset: number;
    }
  | {
      readonly type: "offset";
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
      readonly metadata: string;
    }
  | {
      readonly type: "producer";
      readonly transactionalId: string | null;
      readonly producerId: number;
      readonly epoch: number;
    }
  | {
      readonly type: "ending";
      readonly transactionalId: string;
      readonly isCommit: boolean;
      /** The offsets that the commit brings, in the same record: a crash leaves decision and offsets, or neither. */
      readonly offsets: readonly TransactionOffset[];
    };

export interface TransactionOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

/** A line for each record, behind the checksum of its text; a line that a crash tore off is left out. Without a folder it keeps nothing. */
export class MetaLog {
  readonly #path: string | undefined;

  constructor(dir: string | undefined) {
    this.#path = dir === undefined ? undefined : join(dir, "meta.log");
    if (dir !== undefined) mkdirSync(dir, { recursive: true });
  }

  read(): MetaRecord[] {
    if (this.#path === undefined || !existsSync(this.#path)) return [];
    const records: MetaRecord[] = [];
    for (const line of readFileSync(this.#path, "utf8").split("\n")) {
      const text = line.slice(9);
      if (line.slice(0, 8) === checksum(text)) records.push(JSON.parse(text) as MetaRecord);
    }
    return records;
  }

  append(record: MetaRecord): void {
    if (this.#path !== undefined) appendFileSync(this.#path, lineOf(record));
  }

  /** Replaces everything by the records that still count. */
  rewrite(records: readonly MetaRecord[]): void {
    if (this.#path === undefined) return;
    const next = `${this.#path}.next`;
    writeFileSync(next, records.map(lineOf).join(""));
    const file = openSync(next, "r+");
    fsyncSync(file);
    closeSync(file);
    renameSync(next, this.#path);
  }
}

function lineOf(record: MetaRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
