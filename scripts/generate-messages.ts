// Turns the .proto files of the Spark Connect client into TypeScript: `npm run proto`. No protoc is needed: protobufjs parses,
// protoc-gen-es writes. One file comes out per proto package; the result is checked in.
import { spawnSync } from "node:child_process";
import { globSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  CodeGeneratorResponseSchema,
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor.js";

const connect = fileURLToPath(new URL("../src/cluster/spark/connect/", import.meta.url));
const options = "target=ts,import_extension=ts,erasable_syntax=true";

/** Each generated file's path with its text. */
export function generateMessages(): Map<string, string> {
  const files = parse();
  const request = create(CodeGeneratorRequestSchema, {
    fileToGenerate: files.map(({ name }) => name),
    parameter: options,
    protoFile: files,
  });
  const plugin = createRequire(import.meta.url).resolve("@bufbuild/protoc-gen-es/bin/protoc-gen-es");
  const run = spawnSync(process.execPath, [plugin], { input: toBinary(CodeGeneratorRequestSchema, request) });
  if (run.status !== 0) throw new Error(`protoc-gen-es: ${run.stderr}`);
  const response = fromBinary(CodeGeneratorResponseSchema, run.stdout);
  if (response.error) throw new Error(`protoc-gen-es: ${response.error}`);
  return new Map(
    response.file.map(({ name, content }) => [join(connect, "gen", name.replace("_pb.ts", ".ts")), content]),
  );
}

/** One descriptor per package, named for it. */
function parse(): FileDescriptorProto[] {
  const root = new protobuf.Root();
  root.resolvePath = (_, target) => join(connect, "proto", target);
  root.loadSync(globSync("*.proto", { cwd: join(connect, "proto") }).sort(), { keepCase: true });
  root.resolveAll();
  const set = fromBinary(
    FileDescriptorSetSchema,
    descriptor.FileDescriptorSet.encode(root.toDescriptor("proto3")).finish(),
  );
  for (const file of set.file) {
    file.name = `${file.package.replaceAll(".", "-")}.proto`;
    for (const message of file.messageType) qualifyTypes(root.lookupType(`${file.package}.${message.name}`), message);
  }
  return set.file;
}

/** protobufjs names the types of fields relative to where they stand; a descriptor has to name them from the root. */
function qualifyTypes(type: protobuf.Type, message: DescriptorProto): void {
  for (const field of message.field) {
    field.jsonName ||= field.name;
    const declared = type.fields[field.name];
    if (declared?.map) field.typeName = `${type.fullName}.${field.typeName.split(".").at(-1)}`;
    else if (declared?.resolvedType) field.typeName = declared.resolvedType.fullName;
  }
  for (const nested of message.nestedType) {
    if (nested.options?.mapEntry) qualifyMapValue(type, nested);
    else qualifyTypes(type.lookupType(nested.name), nested);
  }
}

function qualifyMapValue(type: protobuf.Type, entry: DescriptorProto): void {
  const value = entry.field[1];
  if (value === undefined || value.typeName === "") return;
  value.typeName = type.lookupType(value.typeName).fullName;
}

if (import.meta.main) {
  for (const [path, text] of generateMessages()) {
    writeFileSync(path, text);
    console.log(relative(process.cwd(), path));
  }
}
