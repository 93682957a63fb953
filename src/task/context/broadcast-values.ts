import { createHash } from "node:crypto";
import { type Block, decodeRows, encodeRows } from "../../codec/block.ts";

/** One version of a broadcast's value on its way to the tasks. */
export interface BroadcastValue {
  readonly id: number;
  /** Of the value's bytes, so that an equal value is not sent again. */
  readonly version: string;
  readonly block: Block;
}

/** @throws VALUE_NOT_ENCODABLE */
export function broadcastValue(id: number, value: unknown): BroadcastValue {
  const block = encodeRows([value]);
  return { id, version: createHash("sha256").update(block).digest("hex").slice(0, 32), block };
}

/** The values of broadcasts in one place that runs tasks: of each the version that came last. */
export class BroadcastValues {
  readonly values = new Map<number, unknown>();
  readonly #versions = new Map<number, string>();

  has({ id, version }: Pick<BroadcastValue, "id" | "version">): boolean {
    return this.#versions.get(id) === version;
  }

  /** Values that are here already are not decoded again. */
  receive(values: readonly BroadcastValue[]): void {
    for (const value of values) {
      if (this.has(value)) continue;
      this.#versions.set(value.id, value.version);
      this.values.set(value.id, decodeRows(value.block)[0]);
    }
  }
}
