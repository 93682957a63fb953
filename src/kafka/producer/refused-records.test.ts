import assert from "node:assert/strict";
import { test } from "node:test";
import { TestNetwork } from "../../../test/support/test-network.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { producerSettings } from "./producer-options.ts";
import { RecordProducer } from "./record-producer.ts";

function setUp() {
  const network = new TestNetwork({ t: 1 });
  const settings = producerSettings({ brokers: ["none:1"], lingerMs: 0 });
  return { network, producer: new RecordProducer(settings, network, thisMachine) };
}

test("a record that is none is refused at its call; those beside it and behind it go on, and a flush hears nothing of it", async () => {
  const { network, producer } = setUp();
  const wrong = [{ key: 17 }, { timestamp: 1.5 }, { partition: 0.5 }, { headers: [["h", 1]] }, { topic: "no name" }];
  for (const round of ["before the topic is known", "after"]) {
    const sent = [...wrong, {}].map((fields) => producer.send({ topic: "t", value: round, ...fields } as never));
    const settled = await Promise.allSettled(sent);
    assert.deepEqual(
      settled.map((one) => (one.status === "rejected" ? one.reason.code : "sent")),
      [...wrong.map(() => "INVALID_OPTION"), "sent"],
    );
  }
  for (const fields of wrong) {
    assert.throws(() => producer.append({ topic: "t", value: "w", ...fields } as never), { code: "INVALID_OPTION" });
  }
  await producer.append({ topic: "t", value: "last" });
  await producer.flush();
  assert.deepEqual(network.values("t", 0), ["before the topic is known", "after", "last"]);
  await producer.close();
});

test("the memory of a record may be used again at once, also while its topic is not known yet", async () => {
  const { network, producer } = setUp();
  const bytes = new Uint8Array([65]);
  const sent = producer.send({ topic: "t", value: bytes });
  bytes[0] = 66;
  await Promise.all([sent, producer.send({ topic: "t", value: bytes })]);
  assert.deepEqual(network.values("t", 0), ["A", "B"]);
  await producer.close();
});
