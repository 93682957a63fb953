import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { checkRecord, checkSerialized, checkTopicName } from "./check-record.ts";

function shrunk(): Uint8Array {
  const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
  const view = new Uint8Array(buffer, 4, 4);
  buffer.resize(2);
  return view;
}

function transferred(): Uint8Array {
  const bytes = new Uint8Array([1, 2]);
  bytes.buffer.transfer();
  return bytes;
}

test("a record of the wrong type is refused by its field, and nothing that is in it is said", () => {
  const refused: readonly (readonly [record: unknown, message: string])[] = [
    [undefined, "the record must be an object with a value, and a key, headers and the like, not undefined"],
    [["k", "v"], "the record must be an object with a value, and a key, headers and the like, not an array"],
    [
      Promise.resolve({ value: "v" }),
      "the record must be an object with a value, and a key, headers and the like, not a promise, which is not awaited",
    ],
    [{ key: 17, value: "v" }, "the record's key must be text, bytes (a Uint8Array), or null for none, not a number"],
    [{ value: 17n }, "the record's value must be text, bytes (a Uint8Array), or null for none, not a bigint"],
    [
      { value: new Map() },
      "the record's value must be text, bytes (a Uint8Array), or null for none, not an instance of Map",
    ],
    [
      { value: new Uint16Array(2) },
      "the record's value must be text, bytes (a Uint8Array), or null for none, not an instance of Uint16Array",
    ],
    [
      { value: transferred() },
      "the record's value must be bytes that are there, not bytes whose buffer was transferred away or shrunk",
    ],
    [
      { key: shrunk(), value: null },
      "the record's key must be bytes that are there, not bytes whose buffer was transferred away or shrunk",
    ],
    [{ value: "v", partition: 1.5 }, "the record's partition must be a whole number from 0 on, not 1.5"],
    [{ value: "v", partition: -1 }, "the record's partition must be a whole number from 0 on, not -1"],
    [{ value: "v", partition: "1" }, "the record's partition must be a whole number from 0 on, not a string"],
    [
      { value: "v", timestamp: 1.5 },
      "the record's timestamp must be a whole number of milliseconds since 1970, not 1.5",
    ],
    [{ value: "v", timestamp: -1 }, "the record's timestamp must be a whole number of milliseconds since 1970, not -1"],
    [
      { value: "v", timestamp: Number.NaN },
      "the record's timestamp must be a whole number of milliseconds since 1970, not NaN",
    ],
    [
      { value: "v", timestamp: new Date(0) },
      "the record's timestamp must be a whole number of milliseconds since 1970, not an instance of Date",
    ],
    [{ value: "v", headers: { h: "x" } }, "the record's headers must be an array of [name, value], not an object"],
    [{ value: "v", headers: ["h"] }, "the record's headers[0] must be an array of name and value, not a string"],
    [
      {
        value: "v",
        headers: [
          ["a", "b"],
          ["h", "x", "y"],
        ],
      },
      "the record's headers[1] must be an array of name and value, not an array",
    ],
    [{ value: "v", headers: [[1, "x"]] }, "the record's headers[0][0] must be a name, which is text, not a number"],
    [
      { value: "v", headers: [["h", 1]] },
      "the record's headers[0][1] must be text, bytes (a Uint8Array), or null for none, not a number",
    ],
    [
      { value: "v", headers: [["h", undefined]] },
      "the record's headers[0][1] must be text, bytes (a Uint8Array), or null for none, not undefined",
    ],
  ];
  for (const [record, message] of refused) {
    assert.throws(() => checkRecord(record, "the record"), {
      code: "INVALID_OPTION",
      message: `[INVALID_OPTION] ${message}`,
    });
  }
  assert.throws(() => checkRecord({ key: "k" }, "the record"), {
    code: "VALUE_NOT_ENCODABLE",
    message: "[VALUE_NOT_ENCODABLE] the record has no value; give null for none",
  });
});

test("text that UTF-8 cannot write is refused, since another text would arrive", () => {
  const half = "a\ud800b";
  for (const record of [{ key: half, value: "v" }, { value: half }, { value: "v", headers: [[half, "x"]] }]) {
    assert.throws(() => checkRecord(record, "the record"), {
      code: "VALUE_NOT_ENCODABLE",
      message: /half of a surrogate/,
    });
  }
  checkRecord({ value: "\ud83d\ude00" }, "the record");
});

test("whatever Kafka can take is taken", () => {
  const growing = new Uint8Array(new ArrayBuffer(2, { maxByteLength: 4 }));
  const ofOtherRealm = runInNewContext("new Uint8Array([1])") as Uint8Array;
  for (const content of ["", "text", new Uint8Array(), Buffer.from("x"), growing, ofOtherRealm, null]) {
    checkRecord(
      {
        key: content,
        value: content,
        headers: [
          ["h", content],
          ["h", content],
        ],
      },
      "the record",
    );
    if (typeof content !== "string") checkSerialized(content, "valueSerializer");
  }
  checkRecord({ value: "v", partition: 0, timestamp: 0, headers: [], offset: 5, topic: "t" }, "the record");
});

test("a serializer gives bytes or null", () => {
  for (const [given, seen] of [
    ["text", "a string"],
    [5, "a number"],
    [undefined, "undefined"],
    [Promise.resolve(null), "a promise, which is not awaited"],
    [new ArrayBuffer(1), "an instance of ArrayBuffer"],
  ]) {
    assert.throws(() => checkSerialized(given, "keySerializer"), {
      code: "INVALID_OPTION",
      message: `[INVALID_OPTION] what keySerializer returned must be bytes (a Uint8Array), or null for none, not ${seen}`,
    });
  }
  assert.throws(() => checkSerialized(transferred(), "keySerializer"), {
    code: "INVALID_OPTION",
    message: /transferred/,
  });
});

test("a topic's name is what Kafka allows", () => {
  for (const name of ["", ".", "..", "a b", "ü", "x".repeat(250), 5, undefined, ["t"]]) {
    assert.throws(() => checkTopicName(name, "the record's topic"), {
      code: "INVALID_OPTION",
      message: /the record's topic/,
    });
  }
  checkTopicName("a.B-c_9", "the record's topic");
});
