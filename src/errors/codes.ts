// The one table of error codes: what a code means, whether running the batch again can help, and what a person does next.
// docs/reference/errors.md is checked against it by a test.

/** What is known of a code. `retryable` is the default; an error may override it where the situation decides. */
export interface CodeEntry {
  readonly text: string;
  readonly retryable: boolean;
  readonly action: string;
}

const entry = (text: string, action: string, retryable = false): CodeEntry => ({ text, retryable, action });

// biome-ignore format: one line a code, so that the table reads as a table
const table = {
  // The network and the brokers
  BROKER_UNREACHABLE: entry("no broker could be reached", "check `brokers` and that the broker runs and advertises an address that can be reached from here", true),
  AUTHENTICATION_FAILED: entry("the broker refused the credentials, or wants some", "check `sasl` (mechanism, username, password, token) and the certificate in `tls`"),
  TLS_MISMATCH: entry("TLS is not agreed on: one side does not speak it, or a certificate is not believed", "set or remove `tls` so that both sides agree, and give the authority of the other side's certificate as `tls.ca`"),
  TOPIC_NOT_FOUND: entry("the topic does not exist", "create the topic or correct its name"),
  FRAME_TOO_LARGE: entry("a peer announced a frame above the limit", "check that the port belongs to what the message names, and that the peer is one to be trusted; where it is, raise the limit if the message names an option"),
  BROKER_FILES_CORRUPT: entry("a file of the embedded broker is damaged", "restore the broker's folder from a copy, or start with an empty one"),
  // The data
  OFFSET_OUT_OF_RANGE: entry("the offset is no longer, or not yet, in the log", "choose `onOffsetOutOfRange: \"earliest\"` or `\"latest\"`, or raise the topic's retention"),
  LOG_TRUNCATED: entry("a partition's log has lost records that were read, and may have others at their offsets", "see why the log was truncated (an unclean election, a restored disk), then choose `onLogTruncation: \"continue\"`, or begin elsewhere"),
  CORRUPT_BATCH: entry("a record batch is damaged", "the data was damaged on the broker or on the way; restore it, start after it, or choose `onCorruptBatch: \"skip\"`"),
  BATCH_TOO_LARGE: entry("a record batch is larger than the limit once decompressed, or a record than a batch or the broker accepts", "raise the limit that the message names; where it is read, only if the producer is trusted"),
  DESERIALIZATION_FAILED: entry("a key or value could not be deserialized", "correct the deserializer, or choose `onDeserializationError`"),
  UI_UNREACHABLE: entry("no page of a job answers at an address", "check that the job runs with --ui or the option ui, and the address that it said at its start"),
  UI_REFUSED: entry("a job's page refused a request", "do what the message says, which depends on what was refused"),
  EVENT_LOG_UNAVAILABLE: entry("the folder of an event log cannot be read or written", "give a folder that can be, as eventLog or to dstream history, or leave it out"),
  FILE_UNAVAILABLE: entry("a file or folder of the job's data cannot be read or written", "check that it is there, its permissions and its free space, and that every worker reaches it by the same path"),
  NULL_VALUE: entry("a record has no value", "choose `nullValues: \"skip\"` or `\"keep\"`"),
  // The user's program
  USER_FUNCTION_FAILED: entry("a function of the program threw", "correct the function; the cause has its stack"),
  PROMISE_NOT_AWAITED: entry("a function whose result counts at once gave a promise", "do what waits in foreachPartition(), foreachRDD() or an async function of mapPartitions(), or make the function synchronous"),
  GRAPH_MISMATCH: entry("driver and worker built different graphs from the same file", "make the code before `start()` build the same graph wherever it runs"),
  BUILD_MISMATCH: entry("driver and worker loaded different versions of the job's file", "do not change the file while the job runs; start the job again"),
  NO_OUTPUT_OPERATION: entry("no output operation is registered, so nothing would run", "add print(), foreachRDD(), saveToKafka() or another output operation"),
  UNKNOWN_OPTION: entry("an option is not known", "correct its name"),
  INVALID_OPTION: entry("an option has a value that is not allowed", "correct the value"),
  ILLEGAL_STATE: entry("the call does not fit the state of the object", "call it earlier or later, as the message says"),
  CONTEXT_ALREADY_ACTIVE: entry("another StreamingContext is active in this process", "stop it first"),
  INVALID_WINDOW: entry("a window or slide duration does not fit the stream", "use multiples of the parent's slide duration"),
  VALUE_NOT_ENCODABLE: entry("a value cannot be encoded to leave its task", "use plain data: no functions, symbols, cycles, instances of classes (Map, Set, Date, Error and bytes may be used) or texts cut within a character"),
  KEY_NOT_CANONICAL: entry("a key has no canonical form", "use strings, numbers, booleans, bigints, dates, bytes, or arrays without holes and plain objects of these; no texts cut within a character"),
  RESULT_TOO_LARGE: entry("a batch's collected result is larger than `maxResultBytes`", "raise `maxResultBytes`, or collect less: a batch that is planned keeps its records"),
  NOT_SUPPORTED: entry("this is not supported here", "see the message"),
  RECEIVER_FULL: entry("a receiver stored rows faster than batches commit them, beyond the limit of memory; these were not taken", "wait for `ready()` while `isFull`, or send the rows again", true),
  SENDER_REFUSED: entry("what came to a receiver is not what it takes, and the connection was closed", "see the message: let only senders of its kind reach the port, with the compression and TLS that the receiver has"),
  SENDER_TOO_SLOW: entry("a sender took too long, and the connection was closed", "see what holds the sender or the network up, or raise the limit that the message names"),
  TOO_MANY_SENDERS: entry("a receiver has as many connections as it may, and one was closed", "see which senders connect, or raise `maxConnections`"),
  ANSWER_TOO_LATE: entry("events wait for their batch longer than their sender waits for the answer, so that it sends them again", "shorten the batch interval or the batches, or raise the sender's timeout (Flume's `request-timeout`)"),
  PORT_IN_USE: entry("the port is in use", "choose another port, or 0 for a free one"),
  PACKAGE_MISSING: entry("an optional package that this needs is not installed", "install the package that the message names"),
  // State and checkpoints
  CHECKPOINT_REQUIRED: entry("the operator needs a checkpoint directory", "set `checkpointDir`"),
  CHECKPOINT_LOCKED: entry("another driver holds the checkpoint", "stop the other driver first, or let the start wait for its end with `lockWait`"),
  CHECKPOINT_UNAVAILABLE: entry("the checkpoint folder cannot be written or read", "check that it exists, its permissions and its free space, then start the job again"),
  CHECKPOINT_CORRUPT: entry("the checkpoint is damaged", "restore it from a copy, or start with a fresh folder"),
  CHECKPOINT_TOO_NEW: entry("the checkpoint was written by a newer version", "use that version or a newer one"),
  CHECKPOINT_OTHER_JOB: entry("the checkpoint belongs to another job", "choose another folder"),
  STATE_OPERATOR_MISSING: entry("an operator has no state of this name: what the checkpoint has is of one that the program no longer has, or no output needs; or state was asked for that is not there", "give the operator its old name, or drop its state explicitly; where state is asked for, use a name that the message lists"),
  STATE_QUERY_TIMEOUT: entry("a question about state took longer than it may, to be read or to be taken", "see what slows the checkpoint's folder down; take entries faster, or fewer with `limit`", true),
  POSITION_GIVEN_UP: entry("the checkpoint has the position of a stream that the program gave up, where another one would go on", "name the stream as it was to go on there, or give the position up with `dropState`"),
  STATE_PATH_NOT_SHARED: entry("the executors do not share the state's path", "choose a path that driver and executors reach"),
  // Transactions
  PRODUCER_FENCED: entry("another producer with the same transactional id took over", "this instance was replaced; stop it"),
  TRANSACTION_UNCERTAIN: entry("it is not known whether a transaction was committed", "see the message before starting again"),
  // Clusters
  SPARK_UNREACHABLE: entry("the Spark Connect server could not be reached", "check the master's host and port", true),
  SPARK_AUTHENTICATION_FAILED: entry("the Spark Connect server, or a proxy before it, refused the token or the client's certificate, or wants one", "give a token that is valid (`token` of the master, or `spark.token`), or the certificate that is asked for (`spark.tls.cert` and `spark.tls.key`)"),
  SPARK_TLS_MISMATCH: entry("TLS is not agreed on with the Spark Connect server: one side does not speak it, or the server's certificate is not believed", "set `use_ssl` of the master so that it fits the port, reach the server by a name of its certificate, and give its authority as `spark.tls.ca` or with `--connect-ca`"),
  SPARK_ENDPOINT_INVALID: entry("something else than a Spark Connect server answers at the master's address", "check the master's host and port, and that a proxy there passes gRPC on over HTTP/2"),
  SPARK_REQUEST_TOO_LARGE: entry("a proxy before the Spark Connect server lets no request of this size through", "raise the proxy's limit for the body of a request; Node and the job's bundle are sent in one"),
  SPARK_SESSION_LOST: entry("the Spark Connect server no longer knows the session", "the batch is run again in a new session; if that repeats, see why the server restarts", true),
  SPARK_QUERY_FAILED: entry("Spark could not do what it was asked for", "the cause has Spark's own message"),
  SPARK_VERSION_UNSUPPORTED: entry("this version of Spark is not supported", "use a supported version"),
  SPARK_CONNECTOR_MISSING: entry("the Spark server has no Kafka connector", "start it with the connector's packages"),
  SPARK_CONTEXT_STOPPED: entry("the SparkContext of the Connect server has stopped, while the server still answers", "restart the Connect server: a job goes on when it is there again within a minute; the server's log says why it stopped", true),
  SPARK_MEMORY_EXCEEDED: entry("a worker or an executor of Spark had more memory than it may have", "raise the setting that the message names, where the Connect server is started, or let the job hold less; the batch is run again once", true),
  SPARK_DISK_FULL: entry("a disk of a host of the cluster is full", "make room on it; with `spark.excludeOnFailure.enabled` Spark gives the tasks to other hosts", true),
  WORKER_DIED: entry("a worker ended before its task did", "see the cause; often memory", true),
  // Nobody's fault outside
  INTERNAL_ERROR: entry("an error of dstream itself", "please report it, with the message and what `DSTREAM_DEBUG=1` prints"),
} as const satisfies Record<string, CodeEntry>;

/** A code of the table. */
export type ErrorCode = keyof typeof table;

/** The table, for documentation and tests. */
export const errorCodes: Readonly<Record<ErrorCode, CodeEntry>> = table;
