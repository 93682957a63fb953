import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generateMessages } from "../../scripts/generate-messages.ts";

test("the checked-in messages are what the .proto files make", () => {
  const generated = [...generateMessages()];
  assert.ok(generated.length > 0);
  for (const [path, text] of generated) assert.equal(readFileSync(path, "utf8"), text, `${path}: run npm run proto`);
});
