import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { workerError } from "../connect/errors/worker-error.ts";
import { workerCommand } from "./worker-command.ts";

/** Runs the command in a session's folder whose Node `makeNode` makes. */
function run(
  t: TestContext,
  makeNode: (path: string) => void,
  { uname }: { readonly uname?: string } = {},
): ReturnType<typeof spawnSync> {
  const session = temporaryDirectory(t);
  const command = join(session, "dstream-worker/bin/dstream-worker");
  const node = join(session, "dstream-node/node");
  for (const path of [command, node]) mkdirSync(dirname(path), { recursive: true });
  writeFileSync(command, workerCommand("linux-s390x"), { mode: 0o755 });
  writeFileSync(join(session, "dstream-worker/worker.mjs"), "console.log(JSON.stringify(process.argv.slice(2)));");
  makeNode(node);
  const programs = join(session, "programs");
  mkdirSync(programs);
  if (uname !== undefined) writeFileSync(join(programs, "uname"), `#!/bin/sh\necho '${uname}'\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  return spawnSync("dstream-worker/bin/dstream-worker", ["-m", "a b"], { cwd: session, encoding: "utf8", env });
}

test("the command hands its arguments to the worker's program", (t) => {
  const { stdout, status } = run(t, (path) => symlinkSync(process.execPath, path));
  assert.deepEqual([stdout, status], ['["-m","a b"]\n', 0]);
});

test("a Node that does not run here is an error that the driver understands", (t) => {
  const { stdout, stderr, status } = run(t, (path) => writeFileSync(path, "\x7fELF not for here", { mode: 0o755 }));
  assert.deepEqual([stdout, status], ["", 126]);
  const error = workerError(`Error from python worker:\n  ${stderr}`);
  assert.equal(error?.code, "INVALID_OPTION");
  assert.equal(error?.data.platform, "linux-s390x");
  const here = spawnSync("uname", ["-sm"], { encoding: "utf8" }).stdout.trim();
  assert.match(
    error?.message as string,
    new RegExp(`for linux-s390x, does not run on an executor, which is ${here} \\(.+\\): `),
  );
});

const old = `#!/bin/sh
cat >&2 <<'END'
node: /lib64/libc.so.6: version \`GLIBC_2.28' not found (required by "node")
more
END
exit 1
`;

test("the executor's processor is named, and why the program does not run there, whatever that has in it", (t) => {
  const { stderr } = run(t, (path) => writeFileSync(path, old, { mode: 0o755 }), { uname: "Linux aarch64" });
  const error = workerError(`Error from python worker:\n  ${stderr}`);
  assert.match(
    error?.message as string,
    /for linux-s390x, does not run on an executor, which is Linux aarch64 \(node: \/lib64\/libc\.so\.6: version `GLIBC_2\.28' not found \(required by node\)\): set nodeArchive/,
  );
});
