import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fresh } from "../cases/broker/case.ts";
import { brokerKinds } from "../support/broker-kinds.ts";
import { franzGoTests, goClient } from "../support/client-programs.ts";
import type { RealKafka } from "../support/real-kafka.ts";

for (const [kind, start] of Object.entries(brokerKinds)) {
  describe(`franz-go with ${kind}`, () => {
    let broker: RealKafka;
    before(async () => {
      broker = await start();
    });
    after(() => broker.stop());

    test("sends and reads with every codec, rebalances a group, runs transactions, and administrates", async () => {
      const said = await goClient(broker.brokers, `${fresh("go")}-`);
      assert.equal(said, "records: ok\ngroups: ok\ntransactions: ok\nadministration: ok\n");
    });

    // That they pass with Kafka is what their authors see to.
    if (kind === "the embedded broker")
      test("passes its own tests of groups and transactions", async () => {
        const said = await franzGoTests(broker.brokers, "^(TestGroupETL|TestTxnEtl)$", 20_000);
        assert.match(said, /^--- PASS: TestGroupETL/m);
        assert.match(said, /^--- PASS: TestTxnEtl/m);
        assert.match(said, /^PASS$/m);
      });
  });
}
