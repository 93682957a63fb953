import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf } from "../../../../test/support/wire/records-of.ts";
import { kafkaErrorName } from "../../../kafka/protocol/kafka-error-codes.ts";
import { logConfig } from "../../topics/topic-config.ts";
import { checkBatch } from "./check-batch.ts";
import { framedBatch } from "./framed-batch.ts";

// What a real Kafka does, too, is in test/cases/broker/produce-cases.ts.

test("a batch that decompresses to more than the topic allows is refused, before it takes that much memory", () => {
  const value = Buffer.alloc(2_000_000);
  for (const compression of ["gzip", "snappy", "lz4", "zstd"] as const) {
    const bomb = batchOf([{ value }], { compression });
    assert.ok(bomb.length < 200_000, `${bomb.length} bytes`);
    const small = logConfig({ "max.decompressed.message.bytes": "1000000" });
    const { errorCode } = checkBatch(Buffer.from(bomb), small, Date.now());
    assert.equal(kafkaErrorName(errorCode), "MESSAGE_TOO_LARGE", compression);
    assert.equal(checkBatch(Buffer.from(bomb), logConfig({}), Date.now()).errorCode, 0, compression);
  }
});

test("every flipped bit is noticed, apart from those that are the broker's to set", () => {
  const whole = batchOf(["a", "b"], { producerId: 1, producerEpoch: 0, baseSequence: 0 });
  const config = logConfig({});
  const isTaken = (sent: Buffer): boolean => {
    const framed = framedBatch(sent);
    return "batch" in framed && checkBatch(framed.batch, config, Date.now()).errorCode === 0;
  };
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const damaged = Buffer.from(whole);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    const isLeaderEpoch = bit >> 3 >= 12 && bit >> 3 < 16;
    assert.equal(isTaken(damaged), isLeaderEpoch, `bit ${bit}`);
  }
});
