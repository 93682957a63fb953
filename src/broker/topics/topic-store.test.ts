import assert from "node:assert/strict";
import { test } from "node:test";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { MemoryUse } from "../log/memory-use.ts";
import { MetaLog } from "../meta-log.ts";
import { TopicStore } from "./topic-store.ts";

test("there are only so many partitions, of a topic and in all", () => {
  const topics = new TopicStore(new MemoryUse(1), 1, new MetaLog(undefined, thisMachine), thisMachine);
  const create = (name: string, partitions: number): string | null =>
    topics.create({ name, partitions, config: {} }).message;
  assert.match(String(create("large", 10_001)), /^10001 partitions are more than the 10000 of a topic here$/);
  for (const name of ["a", "b", "c", "d", "e"]) assert.equal(create(name, 9_999), null);
  assert.match(String(create("f", 6)), /^50001 partitions in all are more than the 50000 of this broker$/);
  assert.equal(create("f", 5), null);
  const last = topics.get("f");
  assert.ok(last);
  assert.match(String(topics.checkGrowth(last, 6).message), /^50001 partitions in all/);
});
