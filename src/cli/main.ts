#!/usr/bin/env node
// Nothing but the check of Node's version may be loaded before: the rest of the package has imports that older ones cannot link.
import { nodeVersionProblem } from "../runtime/process/node-version.ts";

const problem = nodeVersionProblem(process.versions.node);
if (problem === undefined) {
  void import("./run-process.ts").then(({ runProcess }) => runProcess());
} else {
  process.stderr.write(`error: ${problem}\n`);
  process.exitCode = 1;
}
