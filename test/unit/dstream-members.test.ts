import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DStream, PairDStream, Receiver, StreamingContext } from "dstream";
import { LocalRDD } from "../../src/streaming/rdd/local-rdd.ts";
import { PlannedRDD } from "../../src/streaming/rdd/planned-rdd.ts";

// docs/reference/dstream-members.md names every member that there is, and none that there is not.

const page = readFileSync("docs/reference/dstream-members.md", "utf8");

/** The names in the middle column of a section's table. */
function documented(section: string): string[] {
  const [, text = ""] = page.split(`\n## ${section}\n`);
  const [own = ""] = text.split("\n## ");
  const cells = own
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(" | ")[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name as string));
}

/** What programs may call: the engine's own members say so in their comments. */
const internal = [
  "constructor",
  "internals",
  "runAsTest",
  "job",
  "options",
  "listeners",
  "stream",
  "rddHome",
  "narrow",
  "wholePartitions",
  "combine",
  "cogrouped",
  "zipped",
  "withRows",
  "partitions",
  "keepsRows",
  "forget",
  "adopt",
  "anySeed",
  "machine",
  "lazily",
  "promoted",
  "derive",
  "local",
  "attach",
  "logWarning",
  "recipe",
  "home",
  "run",
];
const membersOf = (...objects: readonly object[]): string[] =>
  [...new Set(objects.flatMap((object) => Object.getOwnPropertyNames(object)))]
    .filter((name) => !internal.includes(name))
    .sort();
const statics = (of: object): string[] =>
  membersOf(of).filter((name) => !["length", "name", "prototype"].includes(name));

test("no member of Spark's is left for later", () => assert.doesNotMatch(page, /not yet/));

for (const [section, members] of Object.entries({
  StreamingContext: [...membersOf(StreamingContext.prototype), ...statics(StreamingContext)],
  DStream: membersOf(DStream.prototype),
  PairDStream: membersOf(PairDStream.prototype),
  Receiver: [...membersOf(Receiver.prototype), "onStart", "onStop"],
})) {
  test(`the members of ${section} are documented, and no others`, () => {
    assert.deepEqual(documented(section).sort(), members.sort());
  });
}

/** Of a kind of RDD: its own members and those of all that it extends. */
function membersOfRDD(kind: object): string[] {
  const prototypes: object[] = [];
  for (let object = kind; object !== Object.prototype; object = Object.getPrototypeOf(object)) prototypes.push(object);
  return [...membersOf(...prototypes), "offsetRanges"].filter((name, i, all) => all.indexOf(name) === i).sort();
}

test("the members of RDD and PairRDD are documented, and no others", () => {
  const members = membersOfRDD(LocalRDD.prototype);
  assert.deepEqual([...documented("RDD"), ...documented("PairRDD")].sort(), members);
});

test("RDDs that are only planned have the members of the others", () => {
  assert.deepEqual(membersOfRDD(PlannedRDD.prototype), membersOfRDD(LocalRDD.prototype));
});
