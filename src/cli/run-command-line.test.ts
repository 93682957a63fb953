import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "../../test/support/run-command.ts";

const names = ["run", "broker", "topics", "produce", "consume"];

test("without a command, the commands are listed", async () => {
  for (const args of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, output, errors } = await runCommand(args);
    assert.deepEqual([code, errors], [0, ""]);
    for (const name of names) assert.match(output, new RegExp(`^ {2}dstream ${name} `, "m"));
  }
});

for (const name of names) {
  test(`${name} --help shows its usage and its options`, async () => {
    const { code, output } = await runCommand([name, "--help"]);
    assert.equal(code, 0);
    assert.match(output, new RegExp(`^usage: dstream ${name} `));
    assert.match(output, /--brokers HOST:PORT/);
  });
}

test("an unknown command ends with 2 and names the nearest", async () => {
  assert.deepEqual(await runCommand(["tpoics"]), {
    code: 2,
    output: "",
    errors: "error: unknown command tpoics; did you mean topics?\ndstream --help shows the commands\n",
  });
  assert.equal((await runCommand(["toString"])).code, 2);
});

test("words that --log and --log-level have not got are a wrong usage, and end with 2", async () => {
  for (const [option, word, allowed] of [
    ["--log", "yaml", "text, json"],
    ["--log", "", "text, json"],
    ["--log-level", "loud", "debug, info, warn, error"],
  ] as const) {
    assert.deepEqual(await runCommand(["run", "examples/word-count.ts", option, word]), {
      code: 2,
      output: "",
      errors: `error: ${option} must be one of ${allowed}, not "${word}"\ndstream --help shows the commands\n`,
    });
  }
});

test("a --master that is none is a wrong usage, and ends with 2", async () => {
  for (const master of ["locl", "local[0]", "local[two]", "spark://host:7077"]) {
    assert.deepEqual(await runCommand(["run", "examples/word-count.ts", "--master", master]), {
      code: 2,
      output: "",
      errors: `error: --master must be local, local[n], local[*] or sc://host:port, not "${master}"\ndstream --help shows the commands\n`,
    });
  }
});

test("a key of state that is no JSON is a wrong usage, and ends with 2 before anything is asked", async () => {
  const command = ["state", "127.0.0.1:1", "totals", "tea"];
  assert.deepEqual(await runCommand(command), {
    code: 2,
    output: "",
    errors: `error: KEY must be JSON, and tea is not; a text has quotes of its own: '"tea"'\ndstream --help shows the commands\n`,
  });
});

test("an error of the table ends with 1 and says what to do", async () => {
  const { code, errors } = await runCommand(["topics", "list", "--brokers", "127.0.0.1:1"]);
  assert.equal(code, 1);
  assert.match(errors, /^error \[BROKER_UNREACHABLE\] .*\n {2}what to do: check `brokers`/);
});
