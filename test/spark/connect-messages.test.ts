import assert from "node:assert/strict";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import protobuf from "protobufjs";
import { file_spark_connect } from "../../src/cluster/spark/connect/gen/spark-connect.ts";
import { outputOf } from "../support/processes.ts";
import { sparkInstallation } from "../support/spark/spark-installation.ts";
import { testedSpark } from "../support/spark/spark-releases.ts";

// Our messages are a small part of Spark's: what we have must be there under the same name, number and type.

const placement = "direct_shuffle_partition_id|DirectShufflePartitionID";
const sessions = "server_side_session_id|ReleaseSession|FetchErrorDetails|AddArtifactsResponse\\.session_id";
/** What earlier releases lack: their dialects do without, or it only tells more. */
const lackingIn: Readonly<Record<string, RegExp>> = {
  "4.0": new RegExp(placement),
  "3.5": new RegExp(`${placement}|${sessions}|execution_progress|ExecutionProgress`),
};

function ourField(field: DescField): string {
  const value = (): string => {
    if (field.message) return field.message.typeName;
    if (field.enum) return field.enum.typeName;
    return ScalarType[field.scalar as ScalarType].toLowerCase();
  };
  const repeated = field.fieldKind === "list" ? "repeated " : "";
  const type = field.fieldKind === "map" ? `map<string, ${value()}>` : repeated + value();
  return `${field.parent.typeName}.${field.name} = ${field.number}: ${type}${field.oneof ? ` of ${field.oneof.name}` : ""}`;
}

function ourLines(messages: Iterable<DescMessage>): string[] {
  return [...messages].flatMap(({ fields }) => fields.map(ourField));
}

function* typesOf(namespace: protobuf.NamespaceBase): Generator<protobuf.ReflectionObject> {
  for (const object of namespace.nestedArray) {
    yield object;
    if (object instanceof protobuf.Namespace) yield* typesOf(object);
  }
}

const nameOf = (object: protobuf.ReflectionObject): string => object.fullName.replace(/^\./, "");

function theirField(field: protobuf.Field): string {
  const value = field.resolvedType === null ? field.type : nameOf(field.resolvedType);
  const type = field.map ? `map<string, ${value}>` : (field.repeated ? "repeated " : "") + value;
  const isSynthetic = field.partOf?.name === `_${field.name}`;
  const oneof = field.partOf === null || isSynthetic ? "" : ` of ${field.partOf.name}`;
  return `${nameOf(field.parent as protobuf.Type)}.${field.name} = ${field.id}: ${type}${oneof}`;
}

async function sparkTypes(): Promise<protobuf.ReflectionObject[]> {
  const { home, connectJars } = await sparkInstallation();
  const [jar] = [...connectJars, ...globSync(join(home, "jars/spark-connect_*.jar"))];
  const folder = mkdtempSync(join(tmpdir(), "dstream-proto-"));
  try {
    await outputOf("python3", ["-m", "zipfile", "-e", jar as string, folder]);
    const root = new protobuf.Root();
    root.resolvePath = (_, target) => join(folder, target);
    root.loadSync("spark/connect/base.proto", { keepCase: true });
    root.resolveAll();
    return [...typesOf(root)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("our messages, enums and calls have the names, numbers and types of those in Spark's own jar", async () => {
  const theirs = await sparkTypes();
  const lines = new Set<string>();
  for (const type of theirs) {
    if (type instanceof protobuf.Type) for (const field of type.fieldsArray) lines.add(theirField(field));
    if (type instanceof protobuf.Enum)
      for (const [name, number] of Object.entries(type.values)) lines.add(`${nameOf(type)}.${name} = ${number}`);
    if (type instanceof protobuf.Service) {
      for (const { name, requestType, responseType, requestStream, responseStream } of type.methodsArray)
        lines.add(`${name}(${requestStream === true} ${requestType}): ${responseStream === true} ${responseType}`);
    }
  }
  const types = [...nestedTypes(file_spark_connect)];
  const messages = types.filter((type) => type.kind === "message");
  const enums = types.filter((type) => type.kind === "enum");
  const ours = [
    ...ourLines(messages),
    ...enums.flatMap(({ typeName, values }) => values.map(({ name, number }) => `${typeName}.${name} = ${number}`)),
    ...(file_spark_connect.services[0]?.methods ?? []).map(({ name, input, output, methodKind }) => {
      const [requests, responses] = [methodKind === "client_streaming", methodKind === "server_streaming"];
      return `${name}(${requests} ${input.name}): ${responses} ${output.name}`;
    }),
  ];
  assert.ok(ours.length > 100);
  const lacking = ours.filter((line) => !lines.has(line));
  const known = lackingIn[testedSpark()];
  assert.deepEqual(
    lacking.filter((line) => known?.test(line) !== true),
    [],
  );
  assert.equal(lacking.length > 0, known !== undefined);
});
