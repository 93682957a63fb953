import { DStreamError } from "../../../../errors/dstream-error.ts";
import { type FoundDialect, findDialect, knownVersions } from "../../versions/find-dialect.ts";
import type { SparkDialect } from "../../versions/spark-dialect.ts";
import type { SparkConnectionOptions } from "../connection-options.ts";
import { ConnectionString } from "../connection-string.ts";
import { InterruptRequest_InterruptType, type Relation } from "../gen/spark-connect.ts";
import { type Field, fieldsOf } from "../plan/fields.ts";
import { isBusy } from "../retry.ts";
import { type Artifact, artifactPayloads, totalBytes } from "./artifact-requests.ts";
import { type ExecuteOptions, Operation } from "./operation.ts";
import { SessionLink } from "./session-link.ts";

const closeTimeoutMs = 5_000;
/** What a server that begins, or the proxy before it, gets at the start of a session. */
const busyTimeoutMs = 10_000;

export interface SessionOptions {
  /** For the first answer of the server. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** How the server is reached, beside what the connection string says. */
  readonly connection?: SparkConnectionOptions;
  /** For a server, or a proxy before it, that answers that it is not ready. Default 10 s. */
  readonly busyTimeoutMs?: number;
  /** How long a call is tried again when the network or the server fails, before it counts as lost. Default 60 s. */
  readonly retryTimeoutMs?: number;
  /** How long a stream of results may give nothing before it is taken up anew. Default 3 minutes. */
  readonly silenceMs?: number;
}

/** A session on a Spark Connect server. Its calls reject with DStreamErrors. */
export class SparkSession {
  /** The server's, like "4.2.0". */
  readonly sparkVersion: string;
  readonly dialect: SparkDialect;
  /** False for a later version than all known ones: that it speaks as the newest does is a guess. */
  readonly isKnownVersion: boolean;
  readonly #link: SessionLink;
  readonly #uploaded = new Set<string>();

  private constructor(link: SessionLink, sparkVersion: string, { dialect, isKnown }: FoundDialect) {
    this.#link = link;
    this.sparkVersion = sparkVersion;
    this.dialect = dialect;
    this.isKnownVersion = isKnown;
  }

  /**
   * Connects and makes the session.
   * @throws INVALID_OPTION for a connection string that is none, SPARK_UNREACHABLE, SPARK_TLS_MISMATCH,
   * SPARK_AUTHENTICATION_FAILED, SPARK_ENDPOINT_INVALID, SPARK_VERSION_UNSUPPORTED
   */
  static async open(connectionString: string, options: SessionOptions = {}): Promise<SparkSession> {
    const { connectTimeoutMs = 10_000, retryTimeoutMs = 60_000, connection, ...others } = options;
    const link = new SessionLink(
      ConnectionString.parse(connectionString, connection),
      retryTimeoutMs,
      others.silenceMs,
    );
    try {
      const { result } = await link.request(
        "the first request",
        (call) => link.client.analyzePlan({ ...link.fields(), analyze: { case: "sparkVersion", value: {} } }, call),
        {
          timeoutMs: connectTimeoutMs,
          retryTimeoutMs: others.busyTimeoutMs ?? busyTimeoutMs,
          isWorthRetrying: isBusy,
          makesSession: true,
        },
      );
      const version = result.case === "sparkVersion" ? result.value.version : "unknown";
      const found = findDialect(version);
      if (found === undefined) throw unsupported(version, link.address);
      link.sparkVersion = version;
      link.dialect = found.dialect;
      if (!found.dialect.releasesSessions) await link.markSession();
      return new SparkSession(link, version, found);
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  /** The session's identity; queries of other clients with the same one share its settings and artifacts. */
  get id(): string {
    return this.#link.sessionId;
  }

  /** Of the server, for messages. */
  get address(): string {
    return this.#link.address;
  }

  /** Settings of this session only. */
  async setConfig(pairs: Readonly<Record<string, string>>): Promise<void> {
    await this.#link.checkSession();
    await this.#link.setConfig(pairs);
  }

  /** Undefined for a setting that has neither a value nor a default. */
  async getConfig<K extends string>(keys: readonly K[]): Promise<Record<K, string | undefined>> {
    await this.#link.checkSession();
    return this.#link.getConfig(keys);
  }

  /** The columns a relation would have. Nothing is run. */
  async schemaOf(relation: Relation): Promise<Field[]> {
    await this.#link.checkSession();
    const plan = { opType: { case: "root", value: relation } } as const;
    const { result } = await this.#link.request("analysing the query", (options) =>
      this.#link.client.analyzePlan({ ...this.#link.fields(), analyze: { case: "schema", value: { plan } } }, options),
    );
    return fieldsOf(result.case === "schema" ? result.value.schema : undefined);
  }

  /**
   * Gives files to the session, for its executors to fetch. A name is uploaded once: names say what is in them, by a hash. What
   * was uploaded is remembered here, since a server tells only of "cache/" artifacts whether it has them.
   * Resolves with the names that were uploaded now.
   */
  async addArtifacts(artifacts: readonly Artifact[], signal?: AbortSignal): Promise<string[]> {
    const missing = artifacts.filter(({ name }) => !this.#uploaded.has(name));
    if (missing.length === 0) return [];
    await this.#link.checkSession();
    if (this.dialect.refusesKnownFiles) {
      // A reply that was lost, or another client of the session: the name says that it is the same file.
      for (const artifact of missing) {
        await this.#upload([artifact], signal).catch((error: unknown) => {
          if (!isWordless(error)) throw error;
        });
      }
    } else {
      await this.#upload(missing, signal);
    }
    const names = missing.map(({ name }) => name);
    for (const name of names) this.#uploaded.add(name);
    return names;
  }

  async #upload(artifacts: readonly Artifact[], signal: AbortSignal | undefined): Promise<void> {
    const link = this.#link;
    const messages = async function* () {
      for (const artifact of artifacts) {
        for await (const payload of artifactPayloads(artifact)) yield { ...link.fields(), payload };
      }
    };
    const { artifacts: received } = await link.upload(messages, await totalBytes(artifacts), signal);
    const damaged = received.find(({ isCrcSuccessful }) => !isCrcSuccessful);
    if (damaged !== undefined) {
      throw new DStreamError(
        "SPARK_UNREACHABLE",
        `the artifact ${damaged.name} was damaged on its way to ${link.address}`,
      );
    }
  }

  /**
   * Runs a query and hands over its result, batch by batch. When it rejects, part of the result may have been handed over and the
   * query has been told to end. A connection that breaks on the way is taken up again.
   */
  async execute(plan: Relation, options: ExecuteOptions): Promise<void> {
    await new Operation(this.#link, plan, options).run();
  }

  /** Ends the session on the server, with all that runs in it, then the connection. Never rejects: the server forgets idle sessions. */
  async close(): Promise<void> {
    const { sessionId, userContext, clientType } = this.#link.fields();
    const request = { sessionId, userContext, clientType };
    if (this.dialect.releasesSessions) {
      await this.#link.client.releaseSession(request, { timeoutMs: closeTimeoutMs }).catch(() => {});
    } else {
      const all = { ...request, interruptType: InterruptRequest_InterruptType.ALL };
      await this.#link.client.interrupt(all, { timeoutMs: closeTimeoutMs }).catch(() => {});
      await this.#link.markClosed(closeTimeoutMs);
    }
    await this.#link.close();
  }
}

/** A failure that the server tells nothing of. */
function isWordless(error: unknown): boolean {
  return error instanceof DStreamError && error.code === "SPARK_QUERY_FAILED" && (error.cause as Error).message === "";
}

function unsupported(version: string, address: string): DStreamError {
  const message = `the server at ${address} runs Spark ${version}; supported are ${knownVersions.join(", ")}`;
  return new DStreamError("SPARK_VERSION_UNSUPPORTED", message, { data: { version, supported: knownVersions } });
}
