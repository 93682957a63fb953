import { accessSync, constants, existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../../src/runtime/files/cache-folder.ts";
import { endGroups, type ProcessGroup, signalGroup, startGroup } from "../process-group.ts";
import { outputOf } from "../processes.ts";

const script = fileURLToPath(new URL("./host.sh", import.meta.url));
const clone = fileURLToPath(new URL("../../../", import.meta.url));
/** Programs of this machine that a host does not have. */
const missing = ["node", "nodejs", "python", "python3"];
const endMs = 10_000;
const pollMs = 50;

/** The user that everything on hosts runs as, and the group that may write to shared folders. */
export const hostUser = { uid: 65_534, gid: 64_123 } as const;

/** Where hosts have the folders of this run; the driver's namespace has them there, too, except `work` and `local`. */
export const mounts = {
  spark: "/mnt/spark",
  java: "/mnt/java",
  /** One folder for the driver and all hosts. */
  shared: "/mnt/shared",
  /** A host's own disk. */
  work: "/mnt/work",
  /** Another one, which is small: Spark's local folder. */
  local: "/mnt/local",
} as const;

export interface HostOptions {
  readonly name: string;
  readonly address: string;
  /** The folder on the driver's disk that is the host's own; the host's other processes write its log there, too. */
  readonly folder: string;
  /** Size of `mounts.local`, in MiB. */
  readonly localMb: number;
}

/** A machine as far as a cluster can tell: an address, disks, a user and processes of its own, at the end of a link that can be cut. */
export class Host {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly logFile: string;
  readonly #localMb: number;
  #group: ProcessGroup | undefined;

  private constructor({ name, address, folder, localMb }: HostOptions) {
    this.name = name;
    this.address = address;
    this.folder = folder;
    this.logFile = join(folder, "host.log");
    this.#localMb = localMb;
  }

  /** A host whose link ends in the bridge `bridge` of this namespace. Nothing runs there yet. */
  static async make(bridge: string, options: HostOptions): Promise<Host> {
    const { name, address } = options;
    await outputOf("ip", ["netns", "add", name]);
    await ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
    await ip("link", "set", name, "master", bridge, "up");
    await ip("-n", name, "link", "set", "lo", "up");
    await ip("-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
    await ip("-n", name, "link", "set", "eth0", "up");
    return new Host(options);
  }

  /** The first process of the host: the others end with it. `env` is all that it gets of an environment. */
  async start(command: readonly string[], env: Readonly<Record<string, string>>): Promise<ProcessGroup> {
    const { uid, gid } = hostUser;
    const hidden = hiddenFolders();
    const changes = [
      ...["bind", `${this.folder}=${mounts.work}`, "tmpfs", `${this.#localMb}m=${mounts.local}`],
      ...hiddenPrograms(hidden).flatMap((file) => ["file", file]),
      ...hidden.flatMap((folder) => ["folder", folder]),
    ];
    const inside = ["unshare", "--uts", "--mount", "--pid", "--fork", "--kill-child"];
    const host = ["sh", script, this.name, String(uid), String(gid), ...changes, "--"];
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const args = ["netns", "exec", this.name, ...inside, ...host, "env", ...settings, ...command];
    const path = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
    this.#group = await startGroup("ip", args, { cwd: "/", env: path, logFile: this.logFile });
    return this.#group;
  }

  /** The link goes dark, for both ends: what is sent is lost, and no connection is closed. */
  async cut(): Promise<void> {
    await ip("link", "set", this.name, "down");
  }

  async mend(): Promise<void> {
    await ip("link", "set", this.name, "up");
  }

  /** Ends all its processes at once, as a loss of power does. Its disk stays. */
  async kill(): Promise<void> {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    // The group has the first process of the host's process namespace, with which the kernel ends the others.
    signalGroup(group.pid, "SIGKILL");
    await group.ended;
    const deadline = performance.now() + endMs;
    while ((await this.processes()).length > 0) {
      if (performance.now() > deadline)
        throw new Error(`processes of ${this.name} live on after their first was killed`);
      await delay(pollMs);
    }
    await endGroups([group.pid]);
  }

  /** The processes that run there. */
  async processes(): Promise<number[]> {
    const pids = await outputOf("ip", ["netns", "pids", this.name]);
    return pids.split("\n").filter(Boolean).map(Number);
  }

  /** The executors that run there. */
  executors(): Promise<number[]> {
    return this.#running("org.apache.spark.executor.CoarseGrainedExecutorBackend");
  }

  /** Spark's worker, which starts them. */
  workers(): Promise<number[]> {
    return this.#running("org.apache.spark.deploy.worker.Worker");
  }

  /** Java processes of a main class: what started them has its name among its arguments, too. */
  async #running(mainClass: string): Promise<number[]> {
    return (await this.processes()).filter((pid) => {
      const [program = "", ...args] = commandOf(pid);
      return basename(program) === "java" && args.includes(mainClass);
    });
  }

  /** A path of the host as this process can open it. @throws when nothing runs there. */
  async path(path: string): Promise<string> {
    for (const pid of await this.processes()) {
      if (existsSync(`/proc/${pid}/root${mounts.local}`)) return `/proc/${pid}/root${path}`;
    }
    throw new Error(`nothing runs on ${this.name}`);
  }
}

export async function ip(...args: readonly string[]): Promise<void> {
  await outputOf("ip", args);
}

/** A process may have ended meanwhile, and then is none. */
function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** The driver's folders: its home, its temporary files, this clone, and where caches are. */
function hiddenFolders(): string[] {
  const folders = [
    homedir(),
    tmpdir(),
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/home",
    "/root",
    clone,
    cacheFolder(),
    process.cwd(),
  ];
  const real = [...new Set(folders.filter(existsSync).map((folder) => realpathSync(folder)))].sort();
  // A folder that lies in a hidden one is not there any more.
  return real.filter((folder) => !real.some((other) => other !== folder && folder.startsWith(`${other}/`)));
}

function hiddenPrograms(folders: readonly string[]): string[] {
  const found = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => missing.map((name) => join(folder, name)));
  const standard = ["/usr/bin", "/usr/local/bin", "/bin"].flatMap((folder) =>
    missing.map((name) => join(folder, name)),
  );
  const real = [...found, ...standard, process.execPath].filter(isThere).map((file) => realpathSync(file));
  return [...new Set(real)].filter((file) => !folders.some((folder) => file.startsWith(`${folder}/`)));
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
