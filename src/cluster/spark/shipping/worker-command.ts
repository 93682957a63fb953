import { DStreamError } from "../../../errors/dstream-error.ts";
import { toWire } from "../../../errors/error-wire.ts";
import { errorMark } from "../worker/protocol/error-report.ts";

/** The folders into which a session's archives are unpacked. */
export const nodeFolder = "dstream-node";
export const workerFolder = "dstream-worker";

/**
 * The shell script that Spark starts as if it were Python; both archives lie beside each other. It tries Node first, which
 * takes milliseconds: a Node for another platform is the one error that the worker's own program cannot report. What a worker
 * prints before it answers reaches the driver, which finds the error by its mark.
 * @param platform what the shipped Node is for: "linux-x64"
 */
export function workerCommand(platform: string): string {
  return `#!/bin/sh
here="\${0%/*}"
node="$here/../../${nodeFolder}/node"
if ! reason="$("$node" --version 2>&1)"; then
  libc=
  for loader in /lib/ld-musl-*; do [ -e "$loader" ] && libc=" with musl"; done
  reason="$(printf '%s' "$reason" | head -n 1 | tr -d '"\\\\' | tr -cd '[:print:]' | cut -c 1-200)"
  printf '${errorLine(platform)}\\n' "$(uname -sm)$libc" "$reason" >&2
  exit 126
fi
exec "$node" "$here/../worker.mjs" "$@"
`;
}

/** For `printf` between single quotes; %s are the executor's platform, and what it says of the program. */
function errorLine(platform: string): string {
  const text = `the shipped Node, for ${platform}, does not run on an executor, which is %s (%s): set nodeArchive to an archive of Node for that platform, as nodejs.org has them`;
  const error = new DStreamError("INVALID_OPTION", text, { data: { option: "nodeArchive", platform } });
  return `${errorMark}${JSON.stringify({ ...toWire(error), stack: undefined })}`;
}
