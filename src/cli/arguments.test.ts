import assert from "node:assert/strict";
import { test } from "node:test";
import { brokersOf, type Command, duration, integer, parseCommand, required, UsageError } from "./arguments.ts";

const command: Command = {
  usage: "test",
  help: "",
  options: { from: { type: "string" }, config: { type: "string", multiple: true } },
  maxArguments: 1,
  run: async () => {},
};
const job: Command = { ...command, takesJobArguments: true };
const usage = (message: string) => ({ name: "Error", message, constructor: UsageError });

test("arguments and options come in any order, with the options that every command has", () => {
  const args = ["--from", "5", "topic", "--config", "a=1", "--brokers=b:1", "--config", "c=2"];
  assert.deepEqual(parseCommand(command, args), {
    positionals: ["topic"],
    jobArguments: [],
    values: Object.assign(Object.create(null), { from: "5", config: ["a=1", "c=2"], brokers: "b:1" }),
  });
});

test("what stands behind -- belongs to the job, or is an argument that looks like an option", () => {
  const { positionals, jobArguments } = parseCommand(job, ["a.ts", "--", "--from", "x", "--", "y"]);
  assert.deepEqual([positionals, jobArguments], [["a.ts"], ["--from", "x", "--", "y"]]);
  assert.deepEqual(parseCommand(command, ["--", "--topic"]).positionals, ["--topic"]);
});

test("an argument too many is refused by its name", () => {
  assert.throws(() => parseCommand(command, ["a", "b"]), usage("unexpected argument b"));
  assert.throws(
    () => parseCommand(job, ["a.ts", "local[2]"]),
    usage("unexpected argument local[2]; arguments for the job stand behind --"),
  );
});

test("an unknown option names the nearest, one without its value is refused", () => {
  assert.throws(() => parseCommand(command, ["--form", "1"]), usage("unknown option --form; did you mean --from?"));
  assert.throws(() => parseCommand(command, ["--zzzzzzzz"]), usage("unknown option --zzzzzzzz"));
  assert.throws(() => parseCommand(command, ["--from"]), UsageError);
});

test("integers are digits, from the least that is allowed", () => {
  assert.equal(integer({ rate: "10" }, "rate", 1), 10);
  assert.equal(integer({}, "rate", 1), undefined);
  for (const text of ["0", "-1", "1.5", "1e3", "0x10", "", " 1", "x", "9".repeat(20)]) {
    const message = `--rate must be an integer of at least 1, not ${JSON.stringify(text)}`;
    assert.throws(() => integer({ rate: text }, "rate", 1), usage(message));
  }
});

test("durations are a number with its unit", () => {
  const wait = (text: string): number | undefined => duration({ wait: text }, "wait");
  assert.deepEqual(["0s", "500ms", "30s", "5m", "1h"].map(wait), [0, 500, 30_000, 300_000, 3_600_000]);
  assert.equal(duration({}, "wait"), undefined);
  for (const text of ["5", "", "1.5s", "-1s", "5 m", "m", "1d", `${"9".repeat(20)}s`]) {
    assert.throws(
      () => wait(text),
      usage(`--wait must be a number with its unit, as in 500ms, 30s, 5m or 1h, not ${JSON.stringify(text)}`),
    );
  }
});

test("brokers are a list with commas; a missing argument is named", () => {
  assert.deepEqual(brokersOf({ brokers: "a:1, b:2" }), ["a:1", "b:2"]);
  assert.throws(() => required(undefined, "TOPIC"), usage("TOPIC is missing"));
  assert.throws(() => required("", "TOPIC"), usage("TOPIC is missing"));
});
