import { spark35 } from "./spark-3-5.ts";
import { spark40 } from "./spark-4-0.ts";
import { spark41 } from "./spark-4-1.ts";
import { spark42 } from "./spark-4-2.ts";
import { spark43 } from "./spark-4-3.ts";
import type { SparkDialect } from "./spark-dialect.ts";

const dialects: readonly SparkDialect[] = [spark35, spark40, spark41, spark42, spark43];
const newest = spark43;

/** The versions that are known, oldest first. */
export const knownVersions: readonly string[] = dialects.map(({ version }) => version);

/** What to speak with a server. `isKnown` is false for a later version than all known ones, which may differ from the newest. */
export interface FoundDialect {
  readonly dialect: SparkDialect;
  readonly isKnown: boolean;
}

/** By the server's version, like "4.2.1" or "4.0.0-amzn-1". Undefined for one that is too old, and for what is no version. */
export function findDialect(serverVersion: string): FoundDialect | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)(?!\d)/.exec(serverVersion) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const known = dialectNamed(`${major}.${minor}`);
  if (known !== undefined) return { dialect: known, isKnown: true };
  const [newestMajor, newestMinor] = newest.version.split(".").map(Number) as [number, number];
  const isLater = Number(major) > newestMajor || (Number(major) === newestMajor && Number(minor) > newestMinor);
  return isLater ? { dialect: newest, isKnown: false } : undefined;
}

/** By the dialect's own name, "4.2". */
export function dialectNamed(version: string): SparkDialect | undefined {
  return dialects.find((dialect) => dialect.version === version);
}
