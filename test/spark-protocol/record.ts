// Records what Spark and the worker send each other: README.md says how. Spark is that of --spark, or that of --url.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sqlExpression } from "../../src/cluster/spark/connect/plan/expressions.ts";
import { project } from "../../src/cluster/spark/connect/plan/relations.ts";
import { fromSources } from "../support/from-sources.ts";
import { EchoSession } from "../support/spark/echo-session.ts";
import { isolated } from "../support/spark/isolated.ts";
import { sparkInstallation } from "../support/spark/spark-installation.ts";
import { sparkReleaseOf, testedSpark } from "../support/spark/spark-releases.ts";
import { sqlRows } from "../support/spark/sql-rows.ts";
import { startSpark } from "../support/spark/start-spark.ts";

const { url, uds, spark } = parseArgs({
  options: { url: { type: "string" }, uds: { type: "boolean", default: false }, spark: { type: "string" } },
}).values;
const version = spark ?? testedSpark();
if (url === undefined && process.env.DSTREAM_SPARK !== version) {
  // Once more, where this release may run.
  const [command, ...args] = isolated(sparkReleaseOf(version), [
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ]);
  await sparkInstallation(version);
  const env = { ...process.env, DSTREAM_SPARK: version };
  process.exit(spawnSync(command as string, args, { env, stdio: "inherit" }).status ?? 1);
}
const folder = mkdtempSync(join(tmpdir(), "dstream-"));
const recorder = join(folder, "recorder.sh");
const command = [process.execPath, fromSources, fileURLToPath(new URL("recorder.ts", import.meta.url))];
writeFileSync(recorder, `#!/bin/sh\nDSTREAM_RECORD_DIR='${folder}/files' exec ${command.join(" ")} "$@"\n`, {
  mode: 0o755,
});

const settings = {
  "spark.python.unix.domain.socket.enabled": String(uds),
  "spark.python.unix.domain.socket.dir": folder,
};
const server = url === undefined ? await startSpark({ mode: "local", conf: settings }) : undefined;
const session = await EchoSession.openWith(url ?? (server?.url as string), recorder);

const columns = { id: "long", i: "integer", t: "string", b: "binary" } as const;
/** Rows that no optimizer can see through. */
const rowsOf = (array: string) =>
  project(sqlRows(`explode(if(rand() < 2, ${array}, null)) as id`), [
    sqlExpression("id"),
    sqlExpression("cast(id as int) as i"),
    sqlExpression("if(id = 3, null, concat('größer ', id)) as t"),
    sqlExpression("cast(concat('b', id) as binary) as b"),
  ]);
const some = rowsOf("sequence(0L, 5L)");
const none = rowsOf("cast(array() as array<bigint>)");
const text = { text: "string" } as const;

for (const [name, input] of [
  ["echo", some],
  ["echo", some],
  ["silence", some],
  ["echo", none],
  ["ignore", some],
  ["fail", some],
  ["failLate", some],
] as const) {
  await session.run(name, input, Object.keys(columns), name === "echo" ? columns : text).catch(() => {});
}

const target = new URL(`recordings/${session.sparkVersion}-${uds ? "uds" : "tcp"}/`, import.meta.url);
await session[Symbol.asyncDispose]();
await server?.stop();
rmSync(target, { recursive: true, force: true });
cpSync(join(folder, "files"), target, { recursive: true });
rmSync(folder, { recursive: true });
console.log(`recorded ${fileURLToPath(target)}`);
