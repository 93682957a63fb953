import { DStreamError } from "../../errors/dstream-error.ts";

/** What may go along with a call. */
interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

export interface ShardIteratorRequest {
  readonly StreamName: string;
  readonly ShardId: string;
  readonly ShardIteratorType: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP" | "AFTER_SEQUENCE_NUMBER";
  readonly StartingSequenceNumber?: string;
  readonly Timestamp?: Date;
}

export interface ShardAnswer {
  readonly ShardId?: string | undefined;
  readonly ParentShardId?: string | undefined;
  readonly AdjacentParentShardId?: string | undefined;
  readonly HashKeyRange?:
    | { readonly StartingHashKey?: string | undefined; readonly EndingHashKey?: string | undefined }
    | undefined;
  readonly SequenceNumberRange?: { readonly EndingSequenceNumber?: string | undefined } | undefined;
}

export interface RecordAnswer {
  readonly SequenceNumber?: string | undefined;
  readonly PartitionKey?: string | undefined;
  readonly Data?: Uint8Array | undefined;
  readonly ApproximateArrivalTimestamp?: Date | undefined;
}

/** The calls of Kinesis that a receiver makes: a part of the client `Kinesis` of `@aws-sdk/client-kinesis`. */
export interface KinesisCalls {
  listShards(
    request: { StreamName?: string; NextToken?: string },
    options: CallOptions,
  ): Promise<{ readonly Shards?: readonly ShardAnswer[] | undefined; readonly NextToken?: string | undefined }>;
  getShardIterator(
    request: ShardIteratorRequest,
    options: CallOptions,
  ): Promise<{ readonly ShardIterator?: string | undefined }>;
  getRecords(
    request: { ShardIterator: string; Limit: number },
    options: CallOptions,
  ): Promise<{
    readonly Records?: readonly RecordAnswer[] | undefined;
    readonly NextShardIterator?: string | undefined;
    readonly MillisBehindLatest?: number | undefined;
  }>;
  destroy(): void;
}

/** Where Kinesis is; what is left out comes from the environment, as always with AWS. */
export interface KinesisPlace {
  readonly region?: string;
  readonly endpoint?: string;
}

/** The package's own client. @throws PACKAGE_MISSING */
export async function kinesisClient({ region, endpoint }: KinesisPlace): Promise<KinesisCalls> {
  const { Kinesis } = await import("@aws-sdk/client-kinesis").catch((cause: unknown) => {
    const text = "KinesisReceiver needs the package @aws-sdk/client-kinesis, which could not be loaded";
    throw new DStreamError("PACKAGE_MISSING", text, { cause, data: { package: "@aws-sdk/client-kinesis" } });
  });
  return new Kinesis({ ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) });
}

const throttled = ["ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException"];

/** Whether Kinesis asks to be called more slowly. */
export function isThrottled(error: unknown): boolean {
  const { name, $retryable } = error as {
    readonly name?: string;
    readonly $retryable?: { readonly throttling?: boolean };
  };
  return throttled.includes(name ?? "") || $retryable?.throttling === true;
}

/** Whether an iterator was not used for five minutes. */
export function isExpired(error: unknown): boolean {
  return (error as { readonly name?: string }).name === "ExpiredIteratorException";
}

/** Whether the same call would fail again, as for a stream that is not there or credentials that do not suffice. */
export function isFinal(error: unknown): boolean {
  if (error instanceof DStreamError) return !error.retryable;
  return (error as { readonly $fault?: string }).$fault === "client" && !isThrottled(error);
}
