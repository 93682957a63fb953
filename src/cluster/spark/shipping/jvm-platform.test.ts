import assert from "node:assert/strict";
import { test } from "node:test";
import { jvmPlatform } from "./jvm-platform.ts";

test("the platform of a JVM is named as Node names it", () => {
  assert.equal(jvmPlatform("Linux", "amd64"), "linux-x64");
  assert.equal(jvmPlatform("Linux", "aarch64"), "linux-arm64");
  assert.equal(jvmPlatform("Mac OS X", "x86_64"), "darwin-x64");
  assert.equal(jvmPlatform("Linux", "s390x"), "linux-s390x");
});
