// Sends the batches of all partitions: one request holds at most one batch of each partition that a node leads, and up to five
// requests are on their way to a node. Every event (a full batch, an answer, a timer) leads to `pump`, which looks at
// everything anew; there is no other state machine.
import { DStreamError } from "../../errors/dstream-error.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import { throttleMsMax } from "../client/throttle.ts";
import type { Backlog } from "./backlog.ts";
import type { PartitionQueue } from "./partition-queue.ts";
import { refusal, verdictOf } from "./produce-verdict.ts";
import type { ProducerBatch } from "./producer-batch.ts";
import { ProducerIdentity } from "./producer-identity.ts";
import type { PartitionResult, ProduceRequest, ProducerEpoch, ProducerNetwork } from "./producer-network.ts";
import type { OptionNames, ProducerSettings } from "./producer-options.ts";
import { WakeUp } from "./wake-up.ts";

const requestsPerNodeMax = 5;
/** From this size on a request takes no further partition in. */
const requestBytesMax = 8 * 1024 * 1024;
/** The longest a broker may wait for its replicas before it answers. */
const replicaTimeoutMs = 30_000;
const backoffMsMax = 1_000;

interface Node {
  readonly id: number;
  requests: number;
  /** Until this moment the broker asked not to be sent anything. */
  notBefore: number;
}

interface Sending {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}

export class Sender {
  readonly #network: ProducerNetwork;
  readonly #settings: ProducerSettings;
  readonly #backlog: Backlog;
  readonly #optionNames: OptionNames;
  readonly #queues: PartitionQueue[] = [];
  readonly #nodes = new Map<number, Node>();
  readonly #identity: ProducerIdentity;
  readonly #timers: Timers;
  readonly #wakeUp: WakeUp;
  #requests = 0;
  #firstQueue = 0;
  #flushes = 0;
  #fatal: DStreamError | undefined;

  constructor(
    network: ProducerNetwork,
    settings: ProducerSettings,
    timers: Timers,
    backlog: Backlog,
    optionNames: OptionNames,
  ) {
    this.#network = network;
    this.#settings = settings;
    this.#backlog = backlog;
    this.#optionNames = optionNames;
    this.#timers = timers;
    this.#wakeUp = new WakeUp(timers, () => this.pump());
    this.#identity = new ProducerIdentity(network, timers, settings.retryBackoffMs);
  }

  /** Why this producer can't send anything any more. */
  get fatal(): DStreamError | undefined {
    return this.#fatal;
  }

  add(queue: PartitionQueue): void {
    this.#queues.push(queue);
  }

  /** A batch was begun: it is due after the linger time. */
  batchBegan(): void {
    this.#wakeUp.within(this.#settings.lingerMs);
  }

  /** Sends what there is without lingering, until all of it is settled. */
  async flush(): Promise<void> {
    this.#flushes++;
    try {
      const settled = this.#backlog.settledSoFar();
      this.pump();
      await settled;
    } finally {
      this.#flushes--;
    }
  }

  /** Sends what is due, gives up what is overdue, and sets the timer for what will be. */
  pump(): void {
    const now = this.#timers.elapsed();
    this.#expire(now);
    this.#wakeUp.cancel();
    if (this.#fatal !== undefined || this.#backlog.isEmpty) return;
    if (this.#identity.current === undefined) {
      if (this.#requests === 0) this.#identify(now);
    } else {
      while (this.#sendDue(now)) {
        // A partition with several full batches has more than one request's worth.
      }
    }
    this.#setTimer(now);
  }

  /** Ends timers; nothing is sent any more. */
  stop(error: DStreamError): void {
    this.#failAll(error);
    this.#wakeUp.cancel();
  }

  #sendDue(now: number): boolean {
    const lingerMs = this.#flushes > 0 ? 0 : this.#settings.lingerMs;
    const requests = new Map<Node, { bytes: number; sendings: Sending[] }>();
    const { length } = this.#queues;
    // Starts with another partition each time, lest the last ones always find the request full.
    this.#firstQueue = (this.#firstQueue + 1) % length;
    for (let i = 0; i < length; i++) {
      const queue = this.#queues[(this.#firstQueue + i) % length] as PartitionQueue;
      const readyAt = queue.readyAt(lingerMs);
      if (readyAt === undefined || readyAt > now) continue;
      const node = this.#nodeFor(queue);
      if (node === undefined || node.requests >= requestsPerNodeMax || node.notBefore > now) continue;
      const request = requests.get(node) ?? { bytes: 0, sendings: [] };
      if (request.bytes >= requestBytesMax) continue;
      const batch = queue.take();
      if (batch === undefined) continue;
      request.sendings.push({ queue, batch });
      request.bytes += batch.bytes;
      requests.set(node, request);
    }
    for (const [node, { sendings }] of requests) void this.#send(node, sendings);
    return requests.size > 0;
  }

  #nodeFor(queue: PartitionQueue): Node | undefined {
    const { leader } = queue;
    if (leader === undefined) {
      if (!queue.isLocating) void this.#locate(queue);
      return undefined;
    }
    let node = this.#nodes.get(leader);
    if (node === undefined) {
      node = { id: leader, requests: 0, notBefore: 0 };
      this.#nodes.set(leader, node);
    }
    return node;
  }

  async #locate(queue: PartitionQueue): Promise<void> {
    queue.isLocating = true;
    try {
      if (queue.isLeaderStale) await this.#network.refreshMetadata([queue.topic]);
      queue.isLeaderStale = false;
      queue.leader = (await this.#network.leaderOf(queue.topic, queue.partition)).nodeId;
    } catch (thrown) {
      queue.isLeaderStale = true;
      if (isRetryable(thrown)) this.#pause(queue, 1);
      else this.#failQueue(queue, thrown as Error);
    } finally {
      queue.isLocating = false;
    }
    this.pump();
  }

  /** Never rejects: each batch of the request is settled or goes back into its queue. */
  async #send(node: Node, sendings: readonly Sending[]): Promise<void> {
    node.requests++;
    this.#requests++;
    try {
      const { throttleMs, partitions } = await this.#network.produce(this.#request(sendings), node.id);
      if (throttleMs > 0) node.notBefore = this.#timers.elapsed() + Math.min(throttleMs, throttleMsMax);
      for (const sending of sendings) {
        const { topic, partition } = sending.queue;
        const result = partitions.find((answer) => answer.partition === partition && answer.topic === topic);
        if (result === undefined) this.#failed(sending, new Error("the broker's answer leaves the partition out"));
        else this.#answered(sending, result);
      }
    } catch (thrown) {
      for (const sending of sendings) this.#failed(sending, thrown as Error);
    }
    node.requests--;
    this.#requests--;
    this.pump();
  }

  #request(sendings: readonly Sending[]): ProduceRequest {
    const identity = this.#identity.current as ProducerEpoch;
    const { transactionalId = null } = this.#network;
    const topics = new Map<string, { partition: number; records: Uint8Array }[]>();
    for (const { queue, batch } of sendings) {
      batch.attempts++;
      const records = batch.encode(identity, this.#settings.compression, transactionalId !== null);
      const partitions = topics.get(queue.topic);
      if (partitions === undefined) topics.set(queue.topic, [{ partition: queue.partition, records }]);
      else partitions.push({ partition: queue.partition, records });
    }
    return {
      acks: -1,
      timeoutMs: Math.ceil(Math.min(replicaTimeoutMs, this.#settings.deliveryTimeoutMs)),
      transactionalId,
      topics: Array.from(topics, ([topic, partitions]) => ({ topic, partitions })),
    };
  }

  #answered(sending: Sending, result: PartitionResult): void {
    const { queue, batch } = sending;
    if (batch.isSettled) return;
    const verdict = verdictOf(result.errorCode);
    if (verdict === "done") {
      if (!queue.acknowledged(batch)) this.#identity.renew();
      batch.complete(queue.partition, result.baseOffset);
      return;
    }
    const problem = refusal(result);
    if (verdict === "fenced") this.#failAll(problem);
    else if (verdict === "split" && batch.recordCount > 1) queue.retryInParts(batch);
    else if (verdict === "split" || verdict === "refused") {
      if (!queue.refused(batch)) this.#identity.renew();
      batch.fail(problem);
    } else {
      // Out of sequence behind a batch that failed is what should happen; without one, broker and producer disagree.
      if (verdict === "renumber" && queue.isFirstInFlight(batch)) this.#identity.renew();
      this.#again(sending, problem, verdict === "relocate");
    }
  }

  /** The request failed as a whole: whether the batch is in the log is not known. */
  #failed(sending: Sending, problem: Error): void {
    if (sending.batch.isSettled) return;
    if (isRetryable(problem)) {
      this.#again(sending, problem, true);
      return;
    }
    sending.queue.refused(sending.batch);
    sending.batch.fail(problem);
    this.#identity.renew();
  }

  #again({ queue, batch }: Sending, problem: Error, relocate: boolean): void {
    batch.lastProblem = problem;
    queue.retry(batch);
    this.#pause(queue, batch.attempts);
    if (!relocate) return;
    queue.leader = undefined;
    queue.isLeaderStale = true;
  }

  #pause(queue: PartitionQueue, attempts: number): void {
    const backoffMs = Math.min(backoffMsMax, this.#settings.retryBackoffMs * 2 ** (attempts - 1));
    queue.notBefore = this.#timers.elapsed() + backoffMs;
  }

  #identify(now: number): void {
    this.#identity.obtain(now).then(
      (isNew) => {
        if (!isNew) return this.#setTimer(this.#timers.elapsed());
        for (const queue of this.#queues) queue.resetSequence();
        this.pump();
      },
      (thrown: unknown) => this.#failAll(DStreamError.from(thrown)),
    );
  }

  #expire(now: number): void {
    const { deliveryTimeoutMs } = this.#settings;
    for (const queue of this.#queues) {
      const { batches, wasSent } = queue.expire(now - deliveryTimeoutMs);
      if (wasSent) this.#identity.renew();
      for (const batch of batches) {
        batch.fail(overdue(queue, batch, deliveryTimeoutMs, this.#optionNames.deliveryTimeoutMs));
      }
    }
  }

  #failQueue(queue: PartitionQueue, error: Error): void {
    const batches = queue.clear();
    if (batches.some((batch) => batch.baseSequence >= 0)) this.#identity.renew();
    for (const batch of batches) batch.fail(error);
  }

  #failAll(error: DStreamError): void {
    this.#fatal ??= error;
    for (const queue of this.#queues) {
      for (const batch of queue.clear()) batch.fail(error);
    }
  }

  #setTimer(now: number): void {
    const lingerMs = this.#flushes > 0 ? 0 : this.#settings.lingerMs;
    let next = Math.max(this.#identity.notBefore, now);
    next = next > now ? next : Number.POSITIVE_INFINITY;
    for (const queue of this.#queues) {
      const { oldestAt } = queue;
      if (oldestAt === undefined) continue;
      const readyAt = queue.readyAt(lingerMs) ?? 0;
      const throttledUntil = queue.leader === undefined ? 0 : (this.#nodes.get(queue.leader)?.notBefore ?? 0);
      const due = Math.max(readyAt, throttledUntil);
      next = Math.min(
        next,
        oldestAt + this.#settings.deliveryTimeoutMs + 1,
        due > now ? due : Number.POSITIVE_INFINITY,
      );
    }
    if (next < Number.POSITIVE_INFINITY) this.#wakeUp.within(next - now);
  }
}

function isRetryable(thrown: unknown): boolean {
  return thrown instanceof DStreamError ? thrown.retryable : true;
}

function overdue(
  { topic, partition }: PartitionQueue,
  batch: ProducerBatch,
  limit: number,
  option: string,
): DStreamError {
  const reason = batch.lastProblem === undefined ? "" : `; the last attempt ended with: ${batch.lastProblem.message}`;
  return new DStreamError(
    "BROKER_UNREACHABLE",
    `${batch.recordCount} records for ${topic}-${partition} were not acknowledged within ${option} = ${limit} in ${batch.attempts} attempts${reason}`,
    { cause: batch.lastProblem, data: { topic, partition, option, limit } },
  );
}
