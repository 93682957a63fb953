import { outputOf } from "../processes.ts";

/** Loopback comes up, and the names of network namespaces are this one's own: nobody else sees them, and they go with it. */
const prepare = "ip link set lo up && mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns";

/**
 * A command as it is run in network, mount and process namespaces of its own, in which it may make further ones. However it ends, also
 * when only the process that started it is killed, the kernel ends all processes in there and takes the namespaces away: nothing of
 * a run can be left to the next one.
 */
export function inNamespaces(command: readonly string[]): readonly string[] {
  const unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return ["setpriv", "--pdeathsig", "KILL", ...unshare, "sh", "-c", `${prepare} && "$@"`, "sh", ...command];
}

/** Why namespaces with a link between them cannot be made here; undefined where they can. */
export async function whyNoNamespaces(): Promise<string | undefined> {
  const trial =
    "ip netns add trial && ip link add name one type veth peer name two netns trial && ip link add name bridge type bridge";
  const [command, ...args] = inNamespaces(["sh", "-c", trial]);
  try {
    await outputOf(command as string, args, { timeoutMs: 10_000 });
    return undefined;
  } catch (error) {
    return (error as Error).message.trim();
  }
}
