/** How Spark runs: in one JVM, with executors of their own, or with a master and a worker besides. */
export const sparkModes = ["local", "local-cluster", "standalone"] as const;
export type SparkMode = (typeof sparkModes)[number];

/** The Connect server's settings in each mode, for a machine with two cores: two tasks at once, 1 GiB a JVM. */
export const modeSettings: Readonly<Record<SparkMode, Readonly<Record<string, string>>>> = {
  local: { "spark.master": "local[2]" },
  "local-cluster": { "spark.master": "local-cluster[2,1,1024]", "spark.executor.memory": "1g" },
  standalone: { "spark.executor.cores": "1", "spark.cores.max": "2", "spark.executor.memory": "1g" },
};

/** Executors in each mode; in `local` the server is its own executor. */
export const executorCount: Readonly<Record<SparkMode, number>> = { local: 0, "local-cluster": 2, standalone: 2 };
