import type { KafkaConnection } from "../../kafka/types.ts";
import { numTasks, type Plan } from "../../plan/plan.ts";
import type { BatchSpec } from "../cluster.ts";
import { BatchBuilder } from "./arrow/write/batch-builder.ts";
import type { Relation } from "./connect/gen/spark-connect.ts";
import { alias, column, sqlExpression } from "./connect/plan/expressions.ts";
import { kafkaRead, localRelation, mapInArrow, project, repartition, union } from "./connect/plan/relations.ts";
import { kafkaReadOptions } from "./kafka-read-options.ts";
import type { KafkaRanges, LocalInput, MarkedInputs } from "./mark-inputs.ts";
import type { SparkDialect } from "./versions/spark-dialect.ts";
import { encodeBlocks } from "./wire/local-payload.ts";
import {
  encodeCommand,
  noInput,
  type ShippedBroadcast,
  type ShippedJob,
  type StageCommand,
} from "./wire/stage-command.ts";

// A batch is one query: sources → stage 0 → rows to their partitions → stage 1 → … → rows to the driver. Between the stages a
// row is (p, row): the partition it goes to next, and bytes of our own.

const transferFields = [
  { name: "p", type: "integer" },
  { name: "row", type: "binary" },
] as const;
const transferColumns = transferFields.map(({ name }) => name);

const localColumns = ["mark", "value"];
const kafkaColumns = ["mark", "offset", "timestamp", "key", "value", "headers"];

/** The whole query of a batch. */
export function batchQuery(
  batch: BatchSpec,
  inputs: MarkedInputs,
  job: ShippedJob,
  broadcasts: readonly ShippedBroadcast[],
  dialect: SparkDialect,
): Relation {
  const { plan, expansion } = batch;
  const tasks = Array.from({ length: plan.numStages }, (_, stage) => tasksOf(plan, batch, stage));
  const command = (stage: number): Uint8Array => {
    const { time: batchTime, attempt, counts, present } = batch;
    const nextTasks = tasks[stage + 1] ?? 0;
    const marked = stage === 0 ? inputs.marked : [];
    const manifest = batch.manifest.filter(({ operator }) => plan.stages[plan.graph.names.indexOf(operator)] === stage);
    const fields = {
      job,
      stage,
      batchTime,
      attempt,
      counts,
      present,
      manifest,
      inputs: marked,
      nextTasks,
      expansion,
      broadcasts,
    };
    return encodeCommand({ kind: "stage", ...fields } satisfies StageCommand);
  };
  const { relation, columns } = sourceRows(plan, inputs);
  const name = `batch ${batch.time}`;
  const common = { outputFields: transferFields, dialect, name };
  let rows = mapInArrow(relation, { ...common, command: command(0), inputColumns: columns });
  for (let stage = 1; stage < plan.numStages; stage++) {
    const input = repartition(rows, tasks[stage] as number, "p", dialect);
    rows = mapInArrow(input, { ...common, command: command(stage), inputColumns: transferColumns });
  }
  return rows;
}

/** Spark needs at least one partition of a shuffle; a task that the stage does not have does nothing. */
function tasksOf(plan: Plan, batch: BatchSpec, stage: number): number {
  return stage === 0 ? batch.inputs.length : Math.max(1, numTasks(plan, stage, batch.counts));
}

/** What stage 0 reads, as one relation. Only a job that reads Kafka has the columns of its records. */
function sourceRows(plan: Plan, { kafka, local }: MarkedInputs): { relation: Relation; columns: readonly string[] } {
  const reads = kafka.map((ranges) => kafkaRows(plan, ranges));
  const hasLocal = local.length > 0 || reads.length === 0;
  if (reads.length === 0) return { relation: localRows(local), columns: localColumns };
  const all = hasLocal ? [...reads, withKafkaColumns(localRows(local))] : reads;
  return { relation: union(all), columns: kafkaColumns };
}

function kafkaRows(plan: Plan, { source, ranges, topicMarks }: KafkaRanges): Relation {
  const node = plan.graph.nodes[source];
  if (node?.kind !== "source" || node.feed.kind !== "kafka") throw new RangeError(`node ${source} reads no topic`);
  const read = kafkaRead(kafkaReadOptions(node.feed.options as KafkaConnection, ranges));
  // Names of topics have no character that SQL would have to escape: KafkaClient.topics gives no others.
  const marks = [...topicMarks].map(([topic, mark]) => `WHEN '${topic}' THEN ${mark}`);
  const [only] = topicMarks.values();
  const base = topicMarks.size === 1 ? String(only) : `CASE topic ${marks.join(" ")} END`;
  return project(read, [
    alias(sqlExpression(`CAST(${base} + partition AS INT)`), "mark"),
    column("offset"),
    alias(sqlExpression("unix_millis(timestamp)"), "timestamp"),
    column("key"),
    column("value"),
    column("headers"),
  ]);
}

/** One row for each input that the driver sends along; without any a row of no input, since Spark prunes empty relations. */
function localRows(inputs: readonly LocalInput[]): Relation {
  const rows = inputs.length === 0 ? [{ mark: noInput, blocks: [] }] : inputs;
  const builder = new BatchBuilder(
    [
      { name: "mark", type: "int32" },
      { name: "value", type: "binary" },
    ],
    "flat",
  );
  for (const { mark, blocks } of rows) builder.append(mark, encodeBlocks(blocks));
  return localRelation(builder.takeStream());
}

function withKafkaColumns(rows: Relation): Relation {
  return project(rows, [
    column("mark"),
    alias(sqlExpression("CAST(NULL AS BIGINT)"), "offset"),
    alias(sqlExpression("CAST(NULL AS BIGINT)"), "timestamp"),
    alias(sqlExpression("CAST(NULL AS BINARY)"), "key"),
    column("value"),
    alias(sqlExpression("CAST(NULL AS ARRAY<STRUCT<key: STRING, value: BINARY>>)"), "headers"),
  ]);
}
