import assert from "node:assert/strict";
import { test } from "node:test";
import { dstream } from "../support/dstream.ts";

// Functions that never return can't keep a job from ending when it is told to. It does not end with 0 then: a batch was given up.

const givenUp =
  /^\S+ WARN {2}\[STOP_TIMED_OUT\] the job did not end within gracefulStopTimeout \(\d+ ms\): batch \d+ was given up, /;

test("a function in an endless loop on a worker thread is ended when the time for a graceful stop is over", async () => {
  const { code, stdout, stderr } = await dstream(
    ["run", "test/recovery/jobs/loops-forever.ts", "--master", "local[2]"],
    {
      onLine: (line, { kill }) => void (line === "looping" && kill("SIGTERM")),
    },
  );
  assert.deepEqual([code, stdout], [1, "looping\nterminated\n"]);
  assert.match(stderr, givenUp);
});

test("a second signal ends a program with an endless loop on a worker thread at once", async () => {
  const { code, stdout } = await dstream(["run", "test/recovery/jobs/loops-forever.ts", "--master", "local[2]"], {
    onLine(line, { kill }) {
      if (line !== "looping") return;
      kill("SIGTERM");
      setTimeout(() => kill("SIGTERM"), 50);
    },
  });
  assert.deepEqual([code, stdout], [143, "looping\n"]);
});

test("an output that never resolves is left behind when the time for a graceful stop is over", async () => {
  const { code, stdout, stderr } = await dstream(["run", "test/recovery/jobs/never-resolves.ts", "--master", "local"], {
    onLine: (line, { kill }) => void (line === "waiting" && kill("SIGINT")),
  });
  assert.deepEqual([code, stdout], [1, "waiting\nterminated\n"]);
  assert.match(stderr, givenUp);
});
