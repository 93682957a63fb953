import type { ErrorCode } from "../../errors/codes.ts";

// The codes of messages that are no errors of their own. docs/guide/operating.md has the same table, which a test checks.

// biome-ignore format: one line a code, so that the table reads as a table
const table = {
  // The life of a job
  JOB_STARTED: "the job has started, and where it goes on",
  JOB_ENDED: "the job has ended, and why",
  PROGRAM_FAILED: "by dstream run: the program failed, with another error than its job",
  PROGRAM_WAITS: "by dstream run: the program waits at its top level, and is ended",
  STOP_TIMED_OUT: "the job did not end within gracefulStopTimeout, and a batch was given up",
  CHECKPOINT_AWAITED: "the start waits for another driver of the checkpoint",
  CHECKPOINT_SET_ASIDE: "a damaged checkpoint was set aside",
  QUEUE_NOT_RESUMABLE: "a queueStream cannot be resumed",
  MARKER_LOST: "Kafka has lost the marker of a transaction that was committed",
  // Batches
  BATCH_COMPLETED: "a batch has ended and counts",
  BATCH_FAILED: "a batch has ended and does not count",
  BATCH_RETRIED: "a batch is run again, and why",
  BATCH_RECOVERED: "a batch that was run again is computed",
  BATCH_RESUMED: "a batch that an earlier run of the job had begun is run with the same input",
  WAITING: "a batch, or the start, waits for brokers or files that may come back",
  WAITING_ENDED: "what was waited for is back",
  STALLED: "a batch, or the start, makes no progress",
  STALL_ENDED: "it goes on",
  // What is read
  FOLDER_MISSING: "a folder of files is not there",
  FOLDER_CHANGED: "a stream of files has another folder than it had",
  RECORDS_SKIPPED: "records of Kafka's log were passed over",
  GROUP_SHARED: "streams of a job with a checkpoint share a group's offsets",
  OFFSETS_NOT_COMMITTED: "the group's offsets could not be committed",
  RECEIVER_STOPPED: "a receiver stopped with an error, or could not be started",
  RECEIVER_RESTARTED: "a receiver is started again, and why",
  // What runs beside
  LISTENER_FAILED: "a listener threw or rejected",
  WORKER_ENDED: "a worker thread ended between tasks",
  UI_STARTED: "the address of the job's page",
  TELEMETRY_FAILED: "an SDK of OpenTelemetry failed, or its API was not found",
  UI_FAILED: "the page failed to answer a request",
  EVENTS_LEFT_OUT: "events are missing in the event log",
} as const;

/** What a message is about: an event of the job, or an error that does not end it. */
export type MessageCode = keyof typeof table | ErrorCode;

export const messageCodes: Readonly<Record<string, string>> = table;
