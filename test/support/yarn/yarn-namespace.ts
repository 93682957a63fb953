/**
 * A command in namespaces of its own: a network that has nothing but a loopback device, since a YARN listens on all addresses; a
 * host's name that this device answers to; and processes that end with the command, since containers leave every process group.
 */
export function yarnNamespace(command: readonly string[]): readonly string[] {
  const asUser = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const namespaces = ["--net", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"];
  // The shell stays, as the first process: it is the one that waits for those whose parents have ended.
  const prepared = 'ip link set lo up && hostname localhost && "$@"; exit $?';
  return ["unshare", ...asUser, ...namespaces, "sh", "-c", prepared, "sh", ...command];
}
