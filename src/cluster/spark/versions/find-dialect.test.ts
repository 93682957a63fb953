import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectNamed, findDialect, knownVersions } from "./find-dialect.ts";
import { spark35 } from "./spark-3-5.ts";
import { spark42 } from "./spark-4-2.ts";
import { spark43 } from "./spark-4-3.ts";

test("a server's version leads to its dialect, whatever the patch release or the vendor", () => {
  for (const version of ["4.2.0", "4.2.17", "4.2.0-amzn-1", "4.2.0.dev3", "4.2"])
    assert.deepEqual(findDialect(version), { dialect: spark42, isKnown: true }, version);
  assert.deepEqual(findDialect("3.5.7"), { dialect: spark35, isKnown: true });
});

test("a later version than all known ones is spoken to as the newest, as a guess", () => {
  for (const version of ["4.4.0", "4.10.1", "5.0.0"])
    assert.deepEqual(findDialect(version), { dialect: spark43, isKnown: false }, version);
});

test("an earlier version, one between the known ones, and what is no version have no dialect", () => {
  for (const version of ["3.4.4", "3.10.0", "3.6.0", "2.4", "", "unknown", "4", "v4.2.0"])
    assert.equal(findDialect(version), undefined, version);
});

test("every dialect is found by its own name", () => {
  assert.deepEqual(knownVersions, ["3.5", "4.0", "4.1", "4.2", "4.3"]);
  for (const version of knownVersions) assert.equal(dialectNamed(version)?.version, version);
  assert.equal(dialectNamed("3.11"), undefined);
});
