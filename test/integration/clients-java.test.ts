import assert from "node:assert/strict";
import { test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import { fresh } from "../cases/broker/case.ts";
import { streamsClient } from "../support/client-programs.ts";

// The Java client itself is in broker-conformance.test.ts.

test("Kafka Streams counts exactly once with the embedded broker, while instances come and go", async () => {
  const broker = await EmbeddedBroker.start();
  try {
    assert.match(await streamsClient(broker.bootstrapServers, `${fresh("streams")}-`), /^streams: ok$/m);
  } finally {
    await broker.stop();
  }
});
