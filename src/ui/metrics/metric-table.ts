/** What a metric is, for its exposition, OpenTelemetry, its documentation and the dashboard. */
export interface Metric {
  /** Without `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly unit?: "seconds" | "bytes";
  readonly help: string;
  readonly labels: readonly string[];
}

const define = <T extends Readonly<Record<string, Metric>>>(metrics: T): T => metrics;
const metric = (
  name: string,
  type: Metric["type"],
  help: string,
  labels: readonly string[] = [],
  unit?: Metric["unit"],
): Metric => ({ name, type, help, labels, ...(unit && { unit }) });

/**
 * All metrics of a job, in the order in which they are shown. Their names are those of Prometheus; OpenTelemetry's have dots:
 * dstream.batches.completed. After a change: npm run dashboard.
 */
export const metrics = define({
  batchesCompleted: metric("dstream_batches_completed", "counter", "Batches that were committed."),
  batchesFailed: metric("dstream_batches_failed", "counter", "Batches that ended the job."),
  batchRetries: metric(
    "dstream_batch_retries",
    "counter",
    "How often batches were run again after an error that passed.",
  ),
  batchesWaiting: metric("dstream_batches_waiting", "gauge", "Batches that are planned and wait for their turn."),
  records: metric("dstream_records", "counter", "Records of committed batches, by input stream.", ["source"]),
  processing: metric(
    "dstream_batch_processing_seconds",
    "histogram",
    "From a batch's start to its commit.",
    [],
    "seconds",
  ),
  schedulingDelay: metric(
    "dstream_batch_scheduling_delay_seconds",
    "histogram",
    "From a batch's plan to its start.",
    [],
    "seconds",
  ),
  totalDelay: metric(
    "dstream_batch_total_delay_seconds",
    "histogram",
    "From a batch's plan to its commit.",
    [],
    "seconds",
  ),
  commit: metric(
    "dstream_commit_seconds",
    "histogram",
    "What a batch's commit took: log (its input to the checkpoint), prepare (state and output are made to last), commit.",
    ["phase"],
    "seconds",
  ),
  stage: metric(
    "dstream_stage_seconds",
    "histogram",
    "From the first task's start to the last one's end.",
    ["stage"],
    "seconds",
  ),
  taskSeconds: metric("dstream_task_seconds", "histogram", "Time of a task.", ["stage"], "seconds"),
  tasks: metric("dstream_tasks", "counter", "Tasks that ended well.", ["stage"]),
  shuffleBytes: metric(
    "dstream_shuffle_bytes",
    "counter",
    "Bytes that a stage wrote for later ones.",
    ["stage"],
    "bytes",
  ),
  kafkaFetch: metric(
    "dstream_kafka_fetch_seconds",
    "histogram",
    "Time in which the tasks of a batch, all together, waited for a Kafka stream's records and decoded them.",
    [],
    "seconds",
  ),
  lag: metric("dstream_lag", "gauge", "Records that waited in all sources when the last batch was planned."),
  kafkaLag: metric(
    "dstream_kafka_lag",
    "gauge",
    "Records that were left for later batches when the last one was planned.",
    ["source", "topic", "partition", "group"],
  ),
  kafkaOffset: metric("dstream_kafka_offset", "gauge", "The next record to read, after the last committed batch.", [
    "source",
    "topic",
    "partition",
  ]),
  kafkaProduced: metric(
    "dstream_kafka_produced_records",
    "counter",
    "Records that committed batches wrote with saveToKafka.",
    ["topic"],
  ),
  transactions: metric(
    "dstream_transactions",
    "counter",
    "Kafka transactions of exactly-once output, by how they ended: committed, aborted (and tried again), unknown (the job ends).",
    ["result"],
  ),
  checkpointBytes: metric(
    "dstream_checkpoint_bytes",
    "gauge",
    "The checkpoint's journal, and the files of state that it names.",
    [],
    "bytes",
  ),
  workerRestarts: metric(
    "dstream_worker_restarts",
    "counter",
    "Worker threads of local[n] that had ended and were replaced.",
  ),
  stateEntries: metric("dstream_state_entries", "gauge", "Keys that have state, or panes of a window.", ["operator"]),
  stateBytes: metric("dstream_state_bytes", "gauge", "State in files.", ["operator"], "bytes"),
  receiversActive: metric("dstream_receivers_active", "gauge", "Receivers that run."),
  stalled: metric(
    "dstream_stalled_seconds",
    "gauge",
    "How long the job has made no progress; 0 while it does.",
    [],
    "seconds",
  ),
  accumulator: metric("dstream_accumulator", "gauge", "What tasks added to an accumulator.", ["name"]),
  eventLoopDelay: metric(
    "nodejs_eventloop_delay_seconds",
    "gauge",
    "99th percentile of the driver's event loop delay since the last scrape.",
    [],
    "seconds",
  ),
  heapUsed: metric("nodejs_heap_used_bytes", "gauge", "The driver's heap.", [], "bytes"),
  gcSeconds: metric("nodejs_gc_seconds", "counter", "Time of the driver's garbage collection.", [], "seconds"),
});
