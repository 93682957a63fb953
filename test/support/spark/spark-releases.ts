/** Where one release of Spark is to be had. */
export interface SparkRelease {
  /** Of the Python package, which brings Spark whole. */
  readonly version: string;
  readonly scala: "2.12" | "2.13";
  /** The Kafka connector's own needs; undefined where it is not in Maven Central. */
  readonly kafka?: {
    /** Spark's delegation tokens: not every release of the connector has one of its own. */
    readonly tokenProvider: string;
    readonly clients: string;
  };
  /** Whether the Connect server is a jar of its own in Maven Central, instead of part of the Python package. */
  readonly hasConnectApart?: boolean;
  /** Whether the Connect server can be given a token that it asks for. */
  readonly asksForTokens: boolean;
  /** Whether the Connect server listens on all addresses, whatever it is told. */
  readonly listensEverywhere?: boolean;
}

/** The releases that the tests run on, by the version that people say. */
export const sparkReleases = {
  "3.5": {
    ...{ version: "3.5.7", scala: "2.12", kafka: { tokenProvider: "3.5.7", clients: "3.4.1" } },
    ...{ asksForTokens: false, hasConnectApart: true, listensEverywhere: true },
  },
  "4.0": { version: "4.0.4", scala: "2.13", kafka: { tokenProvider: "4.0.0", clients: "3.9.1" }, asksForTokens: true },
  "4.1": { version: "4.1.3", scala: "2.13", kafka: { tokenProvider: "4.1.1", clients: "3.9.1" }, asksForTokens: true },
  "4.2": { version: "4.2.0", scala: "2.13", kafka: { tokenProvider: "4.2.0", clients: "3.9.2" }, asksForTokens: true },
  "4.3": { version: "4.3.0", scala: "2.13", asksForTokens: true },
} as const satisfies Readonly<Record<string, SparkRelease>>;

export type SparkVersion = keyof typeof sparkReleases;

/** Those that all tests run on: a job reads Kafka through the connector. */
export const wholeReleases = Object.keys(sparkReleases).filter(
  (version) => sparkReleaseOf(version).kafka !== undefined,
);

/** The one that the tests run on unless `DSTREAM_SPARK` names another. */
export const defaultSpark: SparkVersion = "4.2";

/** The release that this process tests on. */
export function testedSpark(): string {
  return process.env.DSTREAM_SPARK ?? defaultSpark;
}

/** Its whole version: "4.2.0". */
export function testedRelease(): string {
  return sparkReleaseOf(testedSpark()).version;
}

/** @throws when there is no such release. */
export function sparkReleaseOf(version: string): SparkRelease {
  if (Object.hasOwn(sparkReleases, version)) return sparkReleases[version as SparkVersion];
  throw new Error(`the Spark to test on is one of ${Object.keys(sparkReleases).join(", ")}, not "${version}"`);
}
