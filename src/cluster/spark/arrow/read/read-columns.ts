import { DStreamError } from "../../../../errors/dstream-error.ts";
import { ArrowError } from "../arrow-error.ts";
import type { Field } from "../field.ts";
import { recordBatchSlots } from "../ipc-format.ts";
import { ArrowBatch } from "./arrow-batch.ts";
import {
  type ArrowColumn,
  BoolColumn,
  BytesColumn,
  Int32Column,
  Int64Column,
  ListColumn,
  StructColumn,
} from "./arrow-column.ts";
import { type FlatTable, type FlatVector, lengthAt } from "./flat-table.ts";

/** Bytes of a FieldNode (length, nulls) and of a Buffer (offset, length). */
const pairBytes = 16;

/**
 * The columns of a record batch. Every piece of the body that the metadata names is compared with the body and with the
 * number of rows first, so that reading a column can't leave its memory.
 *
 * @throws NOT_SUPPORTED for a compressed body, ArrowError for a damaged one.
 */
export function readBatch(fields: readonly Field[], header: FlatTable, body: Buffer): ArrowBatch {
  if (header.has(recordBatchSlots.compression)) {
    throw new DStreamError(
      "NOT_SUPPORTED",
      "Spark sent a compressed Arrow batch; set spark.sql.execution.arrow.compression.codec to none",
    );
  }
  const walk = new ColumnWalk(header, body);
  return new ArrowBatch(header.length(recordBatchSlots.length), walk.columns(fields));
}

/** Walks fields depth first, as their nodes and buffers are ordered. */
class ColumnWalk {
  readonly #view: DataView;
  readonly #body: Buffer;
  readonly #nodes: FlatVector;
  readonly #buffers: FlatVector;
  #node = 0;
  #buffer = 0;

  constructor(header: FlatTable, body: Buffer) {
    this.#view = header.view;
    this.#body = body;
    this.#nodes = header.vector(recordBatchSlots.nodes, pairBytes);
    this.#buffers = header.vector(recordBatchSlots.buffers, pairBytes);
  }

  columns(fields: readonly Field[]): ArrowColumn[] {
    return fields.map((field) => this.#column(field));
  }

  #column(field: Field): ArrowColumn {
    const [length, nulls] = this.#pair(this.#nodes, this.#node++, "node");
    const bits = this.#next();
    const validity = nulls === 0 ? undefined : sized(bits, Math.ceil(length / 8), field, "validity");
    switch (field.type) {
      case "bool":
        return new BoolColumn(field, length, validity, sized(this.#next(), Math.ceil(length / 8), field, "values"));
      case "int32":
        return new Int32Column(field, length, validity, words(this.#next(), length, field));
      case "int64":
        return new Int64Column(field, length, validity, words(this.#next(), 2 * length, field));
      case "struct":
        return new StructColumn(field, length, validity, new ArrowBatch(length, this.columns(field.children)));
      case "list": {
        const offsets = offsetsOf(this.#next(), length, field);
        const items = this.columns(field.children);
        const available = items[0]?.length ?? 0;
        checkEnd(offsets, length, available, field);
        return new ListColumn(field, length, validity, offsets, itemsOf(items, available));
      }
      default: {
        const offsets = offsetsOf(this.#next(), length, field);
        const data = this.#next();
        checkEnd(offsets, length, data.length, field);
        return new BytesColumn(field, length, validity, offsets, data);
      }
    }
  }

  #next(): Buffer {
    const [offset, length] = this.#pair(this.#buffers, this.#buffer++, "buffer");
    if (offset + length > this.#body.length) {
      throw new ArrowError(`a buffer of ${length} bytes at byte ${offset} of a body of ${this.#body.length} bytes`);
    }
    return this.#body.subarray(offset, offset + length);
  }

  #pair({ start, count }: FlatVector, index: number, what: string): [number, number] {
    if (index >= count) throw new ArrowError(`the batch has ${count} ${what}s, fewer than its columns need`);
    const at = start + pairBytes * index;
    return [lengthAt(this.#view, at), lengthAt(this.#view, at + 8)];
  }
}

/** A list of structs gives the structs' members, a list of anything else one column of items. */
function itemsOf(items: readonly ArrowColumn[], length: number): ArrowBatch {
  const [only] = items;
  return only instanceof StructColumn ? only.children : new ArrowBatch(length, items);
}

function sized(bytes: Buffer, length: number, field: Field, what: string): Buffer {
  if (bytes.length >= length) return bytes;
  throw new ArrowError(`column ${field.name} has ${bytes.length} bytes of ${what} where ${length} are needed`);
}

/** Little-endian words; copied only where they are not aligned. */
function words(bytes: Buffer, count: number, field: Field): Int32Array {
  const checked = sized(bytes, 4 * count, field, "values");
  if (checked.byteOffset % 4 === 0) return new Int32Array(checked.buffer, checked.byteOffset, count);
  return new Int32Array(new Uint8Array(checked).buffer, 0, count);
}

/** An empty column may come without offsets. */
function offsetsOf(bytes: Buffer, length: number, field: Field): Int32Array {
  return length === 0 && bytes.length === 0 ? new Int32Array(1) : words(bytes, length + 1, field);
}

function checkEnd(offsets: Int32Array, length: number, available: number, field: Field): void {
  const end = offsets[length] as number;
  if (end < 0 || end > available) {
    throw new ArrowError(`column ${field.name} ends at ${end} of ${available}`);
  }
}
