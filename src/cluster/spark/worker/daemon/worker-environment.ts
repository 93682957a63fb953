/** What Spark tells its workers through the environment. */
export interface WorkerEnvironment {
  /** Proves to each side of a TCP connection that the other one is meant; domain sockets are guarded by their folder. */
  readonly secret: string | undefined;
  /** Where the daemon makes its domain socket; undefined for TCP. */
  readonly socketDir: string | undefined;
  /** Where a worker without a daemon connects to. */
  readonly connectTo: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly loopback: string;
  /** Whether a worker serves task after task. */
  readonly reuse: boolean;
  /** Limit of a worker's memory. */
  readonly memoryMb: number | undefined;
  /** Where Spark looks for the reason why a worker ended; undefined where it does not. */
  readonly crashFolder: string | undefined;
  /** How long the daemon stays without a connection; our own, Spark knows nothing of it. */
  readonly idleMs: number;
  /** How long a worker that has ended may still be in Spark's pool; our own, too. */
  readonly poolMs: number;
}

/** Without reuse of workers nothing is connected between two batches. */
const defaultIdleMs = 15_000;
/** Spark closes the workers in its pool a minute after the last task, and looks every 10 s. */
const defaultPoolMs = 75_000;

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === "true";

export function readWorkerEnvironment(env: NodeJS.ProcessEnv): WorkerEnvironment {
  const loopback = isTrue(env.SPARK_PREFER_IPV6) ? "::1" : "127.0.0.1";
  const path = env.PYTHON_WORKER_FACTORY_SOCK_PATH;
  const port = Number(env.PYTHON_WORKER_FACTORY_PORT);
  return {
    secret: env.PYTHON_WORKER_FACTORY_SECRET,
    socketDir: isTrue(env.PYTHON_UNIX_DOMAIN_ENABLED) ? env.PYTHON_WORKER_FACTORY_SOCK_DIR : undefined,
    connectTo: path === undefined ? { host: loopback, port } : { path },
    loopback,
    reuse: env.SPARK_REUSE_WORKER !== undefined,
    memoryMb: positive(env.PYSPARK_EXECUTOR_MEMORY_MB),
    crashFolder: env.PYTHON_FAULTHANDLER_DIR,
    idleMs: positive(env.DSTREAM_WORKER_IDLE_MS) ?? defaultIdleMs,
    poolMs: positive(env.DSTREAM_WORKER_POOL_MS) ?? defaultPoolMs,
  };
}

function positive(value: string | undefined): number | undefined {
  const number = Number(value);
  return number > 0 ? number : undefined;
}
