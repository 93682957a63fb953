import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type CallOptions, ConnectError } from "@connectrpc/connect";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import type { SparkDialect } from "../../versions/spark-dialect.ts";
import { ConnectChannel } from "../connect-channel.ts";
import type { ConnectionString } from "../connection-string.ts";
import { Credentials, TokenRenewed } from "../credentials.ts";
import { type FailedRequest, toDStreamError } from "../errors/connect-error.ts";
import { diagnosed } from "../errors/diagnose.ts";
import { enrichFailure, failureOf } from "../errors/spark-failure.ts";
import type { AddArtifactsRequestSchema, AddArtifactsResponse } from "../gen/spark-connect.ts";
import { Backoff, isFromServer, isTransient } from "../retry.ts";
import type { ShownCredentials, Target } from "../target.ts";
import { sessionLost } from "./session-lost.ts";

const requestTimeoutMs = 60_000;
const detailsTimeoutMs = 10_000;
/** Longer than the two minutes after which a server ends a stream by itself. */
const defaultSilenceMs = 180_000;
/** Has the session's id while it is open. */
const markSetting = "spark.dstream.session";

/** What every request of a session carries. */
export interface SessionFields {
  readonly sessionId: string;
  readonly userContext: { readonly userId: string; readonly userName: string };
  readonly clientType: string;
  readonly clientObservedServerSideSessionId?: string;
}

/** How one request is made. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For one attempt. Default 60 s; Infinity for as long as it takes. */
  readonly timeoutMs?: number;
  /** For all attempts after the first failure. Default: the session's. */
  readonly retryTimeoutMs?: number;
  /** Which failures are worth another attempt. Default: those that the network or a busy server causes. */
  readonly isWorthRetrying?: (error: ConnectError) => boolean;
  /** Whether the server makes the session with it. */
  readonly makesSession?: boolean;
}

/** One session's side of a connection: its identity, tries again what the network broke, turns failures into DStreamErrors. */
export class SessionLink implements Target {
  readonly client: ConnectChannel["client"];
  readonly address: string;
  readonly sessionId: string;
  /** How long a call is tried again before the server counts as unreachable. */
  readonly retryTimeoutMs: number;
  /** How long a stream of results may give nothing before it is taken up anew. */
  readonly silenceMs: number;
  readonly useTls: boolean;
  /** Once the server has told it. */
  sparkVersion: string | undefined;
  dialect: SparkDialect | undefined;
  readonly #target: ConnectionString;
  readonly #credentials: Credentials;
  readonly #channel: ConnectChannel;
  readonly #background = new Set<Promise<void>>();
  #serverSideSessionId: string | undefined;
  #isMarked = false;

  constructor(target: ConnectionString, retryTimeoutMs: number, silenceMs = defaultSilenceMs) {
    this.#target = target;
    this.#credentials = new Credentials(target.token(), target.headers());
    this.#channel = new ConnectChannel(target, this.#credentials);
    this.client = this.#channel.client;
    this.address = target.address;
    this.useTls = target.useTls;
    this.sessionId = target.sessionId ?? randomUUID();
    this.retryTimeoutMs = retryTimeoutMs;
    this.silenceMs = silenceMs;
  }

  get shown(): ShownCredentials {
    const { kind, expiredAt } = this.#credentials;
    const { ca, cert } = this.#target.tls();
    return { token: kind, tokenExpiredAt: expiredAt, certificate: cert !== undefined, authorities: ca !== undefined };
  }

  /** The server refuses the request when its session is no longer the one it first answered with. */
  fields(): SessionFields {
    const { userId, userAgent } = this.#target;
    const observed = this.#serverSideSessionId;
    return {
      sessionId: this.sessionId,
      userContext: { userId, userName: userId },
      clientType: `${userAgent === undefined ? "" : `${userAgent} `}dstream node/${process.versions.node} os/${process.platform}`,
      ...(observed !== undefined && { clientObservedServerSideSessionId: observed }),
    };
  }

  observe({ serverSideSessionId }: { readonly serverSideSessionId: string }): void {
    this.#serverSideSessionId ??= serverSideSessionId || undefined;
  }

  /** @throws DStreamError, or the signal's reason when it aborts. */
  async request<T extends { readonly serverSideSessionId: string }>(
    what: string,
    send: (options: CallOptions) => Promise<T>,
    options: RequestOptions & { readonly sentBytes?: number } = {},
  ): Promise<T> {
    const { signal, timeoutMs = requestTimeoutMs, retryTimeoutMs = this.retryTimeoutMs, sentBytes } = options;
    const { isWorthRetrying = isTransient } = options;
    const backoff = new Backoff(retryTimeoutMs);
    for (;;) {
      try {
        const response = await send({
          ...(signal && { signal }),
          ...(Number.isFinite(timeoutMs) && { timeoutMs }),
        });
        this.observe(response);
        return response;
      } catch (thrown) {
        signal?.throwIfAborted();
        const isWorthIt = isWorthRetrying(ConnectError.from(thrown));
        if (isWorthIt && (await backoff.wait(signal))) continue;
        throw await this.failure(thrown, {
          what,
          makesSession: options.makesSession,
          ...(sentBytes !== undefined && { sentBytes }),
          ...(isWorthIt && retryTimeoutMs > 0 && { triedMs: retryTimeoutMs }),
        });
      }
    }
  }

  /** Settings of this session only. */
  async setConfig(pairs: Readonly<Record<string, string>>, options?: RequestOptions): Promise<void> {
    const set = { pairs: Object.entries(pairs).map(([key, value]) => ({ key, value })) };
    const operation = { opType: { case: "set" as const, value: set } };
    await this.request(
      "setting the configuration",
      (call) => this.client.config({ ...this.fields(), operation }, call),
      options,
    );
  }

  /** Undefined for a setting that has neither a value nor a default. */
  async getConfig<K extends string>(keys: readonly K[]): Promise<Record<K, string | undefined>> {
    const operation = { opType: { case: "getOption" as const, value: { keys: [...keys] } } };
    const { pairs } = await this.request("reading the configuration", (call) =>
      this.client.config({ ...this.fields(), operation }, call),
    );
    return Object.fromEntries(pairs.map(({ key, value }) => [key, value])) as Record<K, string | undefined>;
  }

  /**
   * For servers that make a session again where they have forgotten it, without a word: leaves a mark in the session, by which
   * `checkSession` tells. @throws SPARK_SESSION_LOST when the session was closed.
   */
  async markSession(): Promise<void> {
    const { [markSetting]: mark } = await this.getConfig([markSetting]);
    if (mark === undefined) await this.setConfig({ [markSetting]: this.sessionId });
    else if (mark !== this.sessionId) throw sessionLost(this.address);
    this.#isMarked = true;
  }

  /** @throws SPARK_SESSION_LOST when the session was marked and has lost its mark. */
  async checkSession(): Promise<void> {
    if (!this.#isMarked) return;
    const { [markSetting]: mark } = await this.getConfig([markSetting]);
    if (mark !== this.sessionId) throw sessionLost(this.address);
  }

  /** Whoever opens the session by its id again learns that it is over. */
  async markClosed(timeoutMs: number): Promise<void> {
    await this.setConfig({ [markSetting]: "closed" }, { timeoutMs, retryTimeoutMs: 0 }).catch(() => {});
  }

  /**
   * One stream of artifacts, of so many bytes, on a connection of its own. A server that takes nothing for as long as a call is tried again
   * counts as lost. @throws DStreamError, or the signal's reason when it aborts.
   */
  async upload(
    messages: () => AsyncIterable<MessageInitShape<typeof AddArtifactsRequestSchema>>,
    sentBytes: number,
    signal?: AbortSignal,
  ): Promise<AddArtifactsResponse> {
    const channel = new ConnectChannel(this.#target, this.#credentials, { forUpload: true });
    const silence = new AbortController();
    const giveUp = (): void => {
      const text = `the Spark server at ${this.address} took nothing of an upload for ${this.retryTimeoutMs / 1_000} s`;
      silence.abort(new DStreamError("SPARK_UNREACHABLE", text));
    };
    const timer = setTimeout(giveUp, this.retryTimeoutMs);
    const watched = async function* () {
      for await (const message of messages()) {
        timer.refresh();
        yield message;
      }
    };
    try {
      return await this.request("the upload", (options) => channel.client.addArtifacts(watched(), options), {
        signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
        sentBytes,
        timeoutMs: Number.POSITIVE_INFINITY,
      });
    } finally {
      clearTimeout(timer);
      channel.close();
    }
  }

  /** A failed call as a DStreamError, with what the server tells about it when it is asked. */
  async failure(thrown: unknown, request: FailedRequest): Promise<DStreamError> {
    const noticed = ConnectError.from(thrown);
    if (noticed.cause instanceof DStreamError) return noticed.cause;
    const error = noticed.cause instanceof TokenRenewed ? noticed.cause.refusal : noticed;
    const { errorId, ...failure } = failureOf(error);
    let whole = failure;
    if (errorId !== undefined && this.dialect?.tellsCauses !== false && isFromServer(error)) {
      const details = this.client.fetchErrorDetails({ ...this.fields(), errorId }, { timeoutMs: detailsTimeoutMs });
      // Without the details there still is the status; that the server can't tell more is no second failure.
      whole = await details.then((response) => enrichFailure(failure, response)).catch(() => failure);
    }
    const known = toDStreamError(error, whole, this, request);
    return this.sparkVersion === undefined ? diagnosed(known, this.#target, this) : known;
  }

  /** Work that nobody waits for, except `close`. Its failure is of no consequence. */
  inBackground(work: Promise<unknown>): void {
    const done = work.then(
      () => {},
      () => {},
    );
    this.#background.add(done);
    void done.then(() => this.#background.delete(done));
  }

  /** Ends the connection, once what runs in the background is done. */
  async close(): Promise<void> {
    await Promise.all(this.#background);
    this.#channel.close();
  }
}
