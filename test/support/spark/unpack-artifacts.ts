import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Artifact } from "../../../src/cluster/spark/connect/session/artifact-requests.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/** What Spark does with archives: each into the folder behind the "#". */
export function unpack(artifacts: readonly Artifact[], t: TestContext): string {
  const session = temporaryDirectory(t);
  for (const { name, path, bytes } of artifacts) {
    const [, file, folder] = /^archives\/([^#]+)#(.+)$/.exec(name) as unknown as [string, string, string];
    const archive = path ?? join(session, file);
    if (bytes !== undefined) writeFileSync(archive, bytes);
    mkdirSync(join(session, folder));
    execFileSync("tar", ["-xzf", archive, "-C", join(session, folder)]);
  }
  return session;
}
