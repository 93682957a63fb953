// Builders of relations: a batch's query is Kafka → function → direct repartition → function → … → rows.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { SparkDialect } from "../../versions/spark-dialect.ts";
import { type Expression, type Relation, RelationSchema, SetOperation_SetOpType } from "../gen/spark-connect.ts";
import { column, directPartitionId } from "./expressions.ts";
import { type FieldType, structType } from "./fields.ts";

/** Spark's number for "a function from Arrow batches to Arrow batches". */
const mapInArrowEvalType = 207;

/** Spark's Kafka source in batch mode, with its options as they are (kafka.bootstrap.servers, assign, startingOffsets, …). */
export function kafkaRead(options: Readonly<Record<string, string>>): Relation {
  const dataSource = { format: "kafka", options: { ...options } };
  return relation({ case: "read", value: { readType: { case: "dataSource", value: dataSource }, isStreaming: false } });
}

/** Rows that travel with the plan, as an Arrow IPC stream: for small inputs. */
export function localRelation(arrowIpcBytes: Uint8Array): Relation {
  return relation({ case: "localRelation", value: { data: arrowIpcBytes } });
}

export function project(input: Relation, expressions: readonly Expression[]): Relation {
  return relation({ case: "project", value: { input, expressions: [...expressions] } });
}

/** All rows of all inputs, whose columns agree by position; partitions are those of the inputs, one after the other. */
export function union(inputs: readonly Relation[]): Relation {
  const [first, ...others] = inputs;
  if (first === undefined) throw new RangeError("a union needs at least one input");
  return others.reduce(
    (leftInput, rightInput) =>
      relation({
        case: "setOp",
        value: { leftInput, rightInput, setOpType: SetOperation_SetOpType.UNION, isAll: true },
      }),
    first,
  );
}

/** What a worker process runs over one partition. */
export interface WorkerFunction {
  /** Reaches the worker as it is. */
  readonly command: Uint8Array;
  /** Every column of the input: Spark prunes columns that no argument names, down to none. */
  readonly inputColumns: readonly string[];
  readonly outputFields: readonly { readonly name: string; readonly type: FieldType }[];
  /** Tells the worker how this Spark speaks. */
  readonly dialect: SparkDialect;
  /** For Spark's own pages and messages. Default "dstream". */
  readonly name?: string;
}

/** The input's partitions, each run through the function in a worker process. */
export function mapInArrow(
  input: Relation,
  { command, inputColumns, outputFields, dialect, name }: WorkerFunction,
): Relation {
  return relation({
    case: "mapPartitions",
    value: {
      input,
      func: {
        functionName: name ?? "dstream",
        deterministic: true,
        arguments: inputColumns.map(column),
        function: {
          case: "pythonUdf",
          value: {
            outputType: structType(outputFields),
            evalType: mapInArrowEvalType,
            command,
            // Spark hands it to the worker; only Python's own functions are compared with it.
            pythonVer: dialect.version,
          },
        },
      },
    },
  });
}

/**
 * A shuffle into exactly `numPartitions`, also empty ones. An int column says where a row goes: the partition's number, or its
 * key of `placementKeys` where the dialect places rows by hash.
 */
export function repartition(
  input: Relation,
  numPartitions: number,
  partitionColumn: string,
  { placement }: SparkDialect,
): Relation {
  const place = column(partitionColumn);
  const partitionExprs = [placement === "direct" ? directPartitionId(place) : place];
  return relation({ case: "repartitionByExpression", value: { input, numPartitions, partitionExprs } });
}

function relation(relType: MessageInitShape<typeof RelationSchema>["relType"]): Relation {
  return create(RelationSchema, { common: {}, relType } as MessageInitShape<typeof RelationSchema>);
}
