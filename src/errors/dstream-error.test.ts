import assert from "node:assert/strict";
import { test } from "node:test";
import { DStreamError } from "./dstream-error.ts";
import { userFunctionFailed } from "./user-code/user-function-failed.ts";

const own = new URL("../kafka/client/broker-pool.ts", import.meta.url).href;
const stackOf = (...frames: readonly string[]): string =>
  ["TypeError: code.startsWith is not a function", ...frames.map((at) => `    at ${at}`)].join("\n");
const thrownAt = (...frames: readonly string[]): TypeError =>
  Object.assign(new TypeError("code.startsWith is not a function"), { stack: stackOf(...frames) });

const ownFrame = `isTls (${own}:109:12)`;
const dependency = "get (file:///jobs/node_modules/pg/index.js:1:2)";
const program = "lookup (file:///jobs/job.ts:3:4)";
const generated = `loop (eval at loopFactory (${own}:1:1), <anonymous>:8:25)`;

for (const [what, thrown, code] of [
  ["an error of ours stays what it is", new DStreamError("NULL_VALUE", "none"), "NULL_VALUE"],
  ["what this package threw is its own fault", thrownAt(ownFrame, "async run (node:internal/x:1:2)"), "INTERNAL_ERROR"],
  ["what Node threw in it is, too", thrownAt("Socket.on (node:net:1:2)", ownFrame), "INTERNAL_ERROR"],
  ["an error of nobody known is, too", thrownAt(), "INTERNAL_ERROR"],
  [
    "an abort of the program, whose code is a number, is the program's",
    new DOMException("aborted", "AbortError"),
    "USER_FUNCTION_FAILED",
  ],
  ["what the program threw is the program's", thrownAt(program, ownFrame), "USER_FUNCTION_FAILED"],
  ["what its packages threw is the program's", thrownAt(dependency, program, ownFrame), "USER_FUNCTION_FAILED"],
  ["a text is the program's", "text", "USER_FUNCTION_FAILED"],
  ["nothing is the program's", undefined, "USER_FUNCTION_FAILED"],
  [
    "a file that is away is nobody's",
    Object.assign(thrownAt(), { path: "/a", syscall: "open", code: "ENOENT" }),
    "FILE_UNAVAILABLE",
  ],
] as const) {
  test(`${what}: ${code}`, () => {
    const error = DStreamError.from(thrown);
    assert.equal(error.code, code);
    if (!(thrown instanceof DStreamError)) assert.equal(error.cause, thrown);
  });
}

const operator = { operator: "map", site: "job.ts:1:2" };
for (const [what, thrown, code] of [
  ["the program's own code", thrownAt(program, generated, ownFrame), "USER_FUNCTION_FAILED"],
  ["a package that the program waits for", thrownAt(dependency), "USER_FUNCTION_FAILED"],
  ["the loop that was made of the program's operators", thrownAt(generated, ownFrame), "USER_FUNCTION_FAILED"],
  ["this package, called by the program", thrownAt(ownFrame, program), "USER_FUNCTION_FAILED"],
  ["this package, and no code of the program had called it", thrownAt(ownFrame, generated), "INTERNAL_ERROR"],
] as const) {
  test(`where an operator ran and what threw is ${what}: ${code}`, () => {
    assert.equal(userFunctionFailed(thrown, operator, "in batch 1000", {}).code, code);
  });
}

test("an error of this package says where it is, and asks for a report", () => {
  const { message } = userFunctionFailed(thrownAt(ownFrame), operator, "in batch 1000", {});
  const expected =
    "[INTERNAL_ERROR] an error of dstream itself in map (job.ts:1:2), in batch 1000: TypeError: code.startsWith is not a function at kafka/client/broker-pool.ts:109:12. Please report it with this text";
  assert.equal(message, expected);
});
