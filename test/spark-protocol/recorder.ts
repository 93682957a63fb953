import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readWorkerEnvironment } from "../../src/cluster/spark/worker/daemon/worker-environment.ts";
import { intFrame, stringFrame } from "../../src/cluster/spark/worker/protocol/framing.ts";

// Started by Spark in place of the worker: it starts the echo worker's daemon and stands between the two. Each connection
// becomes two files in DSTREAM_RECORD_DIR: what Spark sent, and what the worker answered. README.md says how to use it.

const directory = process.env.DSTREAM_RECORD_DIR ?? "recorded";
const echoWorker = fileURLToPath(new URL("../support/spark-echo-worker.ts", import.meta.url));
const { socketDir } = readWorkerEnvironment(process.env);

mkdirSync(directory, { recursive: true });
const worker = spawn(process.execPath, [...process.execArgv, echoWorker, ...process.argv.slice(2)], {
  stdio: ["inherit", "pipe", "inherit"],
});
worker.on("exit", (code) => process.exit(code ?? 1));

const [greeting] = (await once(worker.stdout, "data")) as [Buffer];
const target =
  socketDir === undefined
    ? { host: "127.0.0.1", port: greeting.readInt32BE(0) }
    : { path: greeting.toString("utf8", 4) };
let connections = 0;
const server = createServer((fromSpark) => {
  const name = join(directory, `connection-${connections++}`);
  const toWorker = connect(target);
  const record = (suffix: string, from: typeof fromSpark, to: typeof fromSpark): void => {
    const chunks: Buffer[] = [];
    from.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      writeFileSync(`${name}.${suffix}`, withoutPlaces(Buffer.concat(chunks)));
      to.write(chunk);
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
  };
  record("spark", fromSpark, toWorker);
  record("worker", toWorker, fromSpark);
});
const path = socketDir === undefined ? undefined : join(socketDir, `.recorder-${process.pid}.sock`);
server.listen(path === undefined ? { host: "127.0.0.1", port: 0 } : { path });
await once(server, "listening");
const address = server.address();
if (address === null) throw new Error("the recorder listens nowhere");
writeSync(1, typeof address === "string" ? stringFrame(address) : intFrame(address.port));

/** Secrets, paths and settings of the machine give way to as many other bytes: lengths stay true. */
function withoutPlaces(bytes: Buffer): Buffer {
  const text = bytes
    .toString("latin1")
    .replaceAll(/[0-9a-f]{64}/g, (secret) => "0".repeat(secret.length))
    .replaceAll(
      /("localProperties":\{).*?(?=\},"|\}\})/g,
      (all, start: string) => start + " ".repeat(all.length - start.length),
    )
    .replaceAll(/\/[^"\p{Cc}]*(\/userFiles-[-0-9a-f/]*|\.sock)/gu, (path) => `/${"f".repeat(path.length - 1)}`)
    .replaceAll(/file:\/\/\/[^ )\\\p{Cc}]*/gu, (url) => url.slice(0, 8) + "f".repeat(url.length - 8));
  return withoutSettings(Buffer.from(text, "latin1"));
}

/** A name of a setting or local property, as a string after its length. */
const settingName = /(?:spark|callSite)\.[\w.]+/g;

/** The values of settings and local properties that stand in a row of strings, name after value. */
function withoutSettings(bytes: Buffer): Buffer {
  for (const { 0: name, index } of bytes.toString("latin1").matchAll(settingName)) {
    const isWhole = index >= 4 && bytes.readInt32BE(index - 4) === name.length;
    const at = index + name.length;
    if (!isWhole || at + 4 > bytes.length) continue;
    const length = bytes.readInt32BE(at);
    if (length > 0 && at + 4 + length <= bytes.length) bytes.fill(" ", at + 4, at + 4 + length);
  }
  return bytes;
}
