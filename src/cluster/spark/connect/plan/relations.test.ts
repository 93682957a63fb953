import assert from "node:assert/strict";
import { test } from "node:test";
import { toJson } from "@bufbuild/protobuf";
import { spark40 } from "../../versions/spark-4-0.ts";
import { spark41 } from "../../versions/spark-4-1.ts";
import { spark42 } from "../../versions/spark-4-2.ts";
import { type Relation, RelationSchema } from "../gen/spark-connect.ts";
import { alias, column, literal, sqlExpression } from "./expressions.ts";
import { fieldsOf, structType } from "./fields.ts";
import { kafkaRead, localRelation, mapInArrow, project, repartition, union } from "./relations.ts";

const json = (relation: Relation) => toJson(RelationSchema, relation, { useProtoFieldName: true });
const attribute = (name: string) => ({ unresolved_attribute: { unparsed_identifier: name } });
const rows = localRelation(Uint8Array.of(1, 2, 3));

test("kafkaRead is Spark's Kafka source in batch mode", () => {
  const options = { "kafka.bootstrap.servers": "h:1", assign: '{"t":[0]}' };
  const expected = { common: {}, read: { data_source: { format: "kafka", options } } };
  assert.deepEqual(json(kafkaRead(options)), expected);
});

test("project takes columns, literals, SQL and aliases", () => {
  const relation = project(rows, [column("a"), alias(literal(7), "n"), sqlExpression("cast(p as int)")]);
  assert.deepEqual(json(relation), {
    common: {},
    project: {
      input: { common: {}, local_relation: { data: "AQID" } },
      expressions: [
        attribute("a"),
        { alias: { expr: { literal: { integer: 7 } }, name: ["n"] } },
        { expression_string: { expression: "cast(p as int)" } },
      ],
    },
  });
});

test("union keeps all rows, and of one relation is that relation", () => {
  assert.equal(union([rows]), rows);
  const [a, b, c] = ["a", "b", "c"].map((name) => project(rows, [column(name)])) as [Relation, Relation, Relation];
  const both = (left: unknown, right: unknown) => ({
    common: {},
    set_op: { left_input: left, right_input: right, set_op_type: "SET_OP_TYPE_UNION", is_all: true },
  });
  assert.deepEqual(json(union([a, b, c])), both(both(json(a), json(b)), json(c)));
  assert.throws(() => union([]), RangeError);
});

test("mapInArrow names every input column and carries the command as it is", () => {
  const relation = mapInArrow(rows, {
    command: Uint8Array.of(0, 255),
    inputColumns: ["a", "b"],
    dialect: spark42,
    outputFields: [
      { name: "p", type: "integer" },
      { name: "block", type: "binary" },
    ],
  });
  assert.deepEqual(json(relation), {
    common: {},
    map_partitions: {
      input: json(rows),
      func: {
        function_name: "dstream",
        deterministic: true,
        arguments: [attribute("a"), attribute("b")],
        python_udf: {
          output_type: {
            struct: {
              fields: [
                { name: "p", data_type: { integer: {} }, nullable: true },
                { name: "block", data_type: { binary: {} }, nullable: true },
              ],
            },
          },
          eval_type: 207,
          command: "AP8=",
          python_ver: "4.2",
        },
      },
    },
  });
});

test("repartition places a row by the partition's number, or by an int that Spark hashes", () => {
  const expected = (place: object) => ({
    common: {},
    repartition_by_expression: { input: json(rows), partition_exprs: [place], num_partitions: 4 },
  });
  const direct = { direct_shuffle_partition_id: { child: attribute("p") } };
  assert.deepEqual(json(repartition(rows, 4, "p", spark41)), expected(direct));
  assert.deepEqual(json(repartition(rows, 4, "p", spark40)), expected(attribute("p")));
});

test("fields go into a struct and come out of it", () => {
  const fields = [
    { name: "key", type: "binary" },
    { name: "at", type: "timestamp" },
  ] as const;
  assert.deepEqual(
    fieldsOf(structType(fields)),
    fields.map((field) => ({ ...field, nullable: true })),
  );
  assert.deepEqual(fieldsOf(undefined), []);
});
