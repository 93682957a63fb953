import assert from "node:assert/strict";
import { fetch, produce } from "../../support/wire/data-requests.ts";
import { withDeltas } from "../../support/wire/odd-batches.ts";
import { linesOf } from "../../support/wire/records-of.ts";
import { createTopic } from "../../support/wire/topic-requests.ts";
import { type BrokerCase, fresh, named } from "./case.ts";

export const oddOffsetCases: readonly BrokerCase[] = [
  {
    name: "offsets inside an uncompressed batch may be anything; those after it follow from its count",
    async run(_, wire) {
      for (const [deltas, lines] of [
        [[0, 0, 0], ["0:0"]],
        [[2, 1, 0], ["2:0"]],
        [
          [1, 2, 3],
          ["1:0", "2:1", "3:2"],
        ],
        [
          [0, 5, 9],
          ["0:0", "5:1", "9:2"],
        ],
      ] as const) {
        const topic = await createTopic(wire, fresh("odd"));
        assert.equal(named(await produce(wire, topic, withDeltas(deltas))), "NONE");
        assert.deepEqual(linesOf((await fetch(wire, topic, 0)).batches), lines);
        assert.equal((await produce(wire, topic, withDeltas([0]))).baseOffset, 3);
      }
    },
  },
  {
    name: "offsets inside a compressed batch must count from 0",
    async run(_, wire) {
      for (const deltas of [
        [0, 0, 0],
        [2, 1, 0],
        [1, 2, 3],
        [0, 5, 9],
        [0, 2, 1],
        [-1, 0, 1],
      ]) {
        const topic = await createTopic(wire, fresh("odd"));
        assert.equal(
          named(await produce(wire, topic, withDeltas(deltas, "gzip"))),
          "UNKNOWN_SERVER_ERROR",
          String(deltas),
        );
      }
    },
  },
];
