/**
 * All in which releases of Spark differ for this package. One file for each says what differs from the release after it; nothing
 * else compares versions. Patch releases are not told apart.
 */
export interface SparkDialect {
  /** As people say it: "4.2". The driver writes it into the functions of a query, so that a worker knows whose task it reads. */
  readonly version: string;

  // How a task is described to a worker (Spark's PythonRunner).
  /** What stands in the task's context: JSON, or one value after the other. */
  readonly context: "json" | "values";
  /** Whether a context of values begins with a port and a secret: in every stage, or in barrier stages only. */
  readonly contextPort: "always" | "barrier";
  /** Whether the kind of function has a configuration besides the runner's. */
  readonly hasFunctionConfig: boolean;
  /** Whether a task says if its functions are profiled, and how. */
  readonly hasProfiler: boolean;
  /** Which functions have an id for their profile. */
  readonly profileIds: "all" | "profiled" | "none";
  /** Whether arguments may have names. */
  readonly hasArgumentNames: boolean;

  // What a worker answers.
  /** How many times a task reports when it ends. */
  readonly taskTimes: 3 | 4;
  /** What of a worker's error reaches the driver; undefined where all does. */
  readonly errorCharactersMax: number | undefined;
  /** Whether Spark takes another worker where one of its pool has ended, instead of letting a task fail by it. */
  readonly replacesEndedWorkers: boolean;

  // What the Connect server is and knows.
  /** Of the jars that are made for it. */
  readonly scala: "2.12" | "2.13";
  /** How a row comes to a partition: by the partition's number, or by an int whose hash leads there. */
  readonly placement: "direct" | "hash";
  /** Whether a session can be ended. A server that can also refuses sessions that it does not know, instead of making new ones. */
  readonly releasesSessions: boolean;
  /** Whether a server tells the whole of a failure, with its causes, when it is asked. */
  readonly tellsCauses: boolean;
  /** Whether a server says how far a query is. */
  readonly tellsProgress: boolean;
  /** Whether a server answers a file that it has with a failure, and without a word why. */
  readonly refusesKnownFiles: boolean;
}
