// Small faults that a person could make, each planted alone: the simulation has to find every one of them.

export interface Mutant {
  readonly name: string;
  /** Of src. */
  readonly file: string;
  /** Stands there once. */
  readonly find: string;
  readonly replace: string;
}

export const mutants: readonly Mutant[] = [
  // Checkpoint
  {
    name: "an append to the journal is not synced",
    file: "driver/checkpoint/journal.ts",
    find: "await this.#file.write(bytes, this.#length);\n      await this.#file.sync();",
    replace: "await this.#file.write(bytes, this.#length);",
  },
  {
    name: "a new journal is not synced before it has its name",
    file: "driver/checkpoint/journal.ts",
    find: "await file.write(bytes, 0);\n        await file.sync();",
    replace: "await file.write(bytes, 0);",
  },
  {
    name: "the name of a new journal is not synced",
    file: "driver/checkpoint/journal.ts",
    find: "await fs.syncDirectory(directory);",
    replace: "",
  },
  {
    name: "a state file is not synced before it has its name",
    file: "state/files/directory-files.ts",
    find: "await handle.sync();",
    replace: "",
  },
  {
    name: "names of state files are not synced before they are in the journal",
    file: "driver/checkpoint/batch-log.ts",
    find: "if (this.#storage !== undefined && batch.files.length > 0) await syncStateDirectory(this.#storage);",
    replace: "",
  },
  {
    name: "the checksum of a line of the journal is not looked at",
    file: "driver/checkpoint/journal-text.ts",
    find: "Number.parseInt(sum, 16) !== crc32c(json)",
    replace: "Number.isNaN(crc32c(json))",
  },
  {
    name: "the lock is not looked at again before a transaction begins",
    file: "driver/checkpoint/batch-log.ts",
    find: "if (batch.transaction === undefined) return;\n    await this.#flush();\n    await this.check();",
    replace: "if (batch.transaction === undefined) return;\n    await this.#flush();",
  },
  {
    name: "a driver that was replaced never finds out",
    file: "runtime/lock/folder-lock.ts",
    find: "if (holder !== undefined) return holder.token === this.#token ? undefined : holder;",
    replace: "return undefined;",
  },
  {
    name: "a holder whose process cannot be seen is dead at once",
    file: "runtime/lock/folder-lock.ts",
    find: '} else if (now - this.#since >= this.#deadAfterMs) return "dead";',
    replace: '} else return "dead";',
  },
  {
    name: "who takes a lock does not look whether somebody was faster",
    file: "runtime/lock/folder-lock.ts",
    find: "if ((await read(path, fs))?.token !== dead.token) return false;\n    await fs.rename(aside, path);",
    replace: "await fs.rename(aside, path);",
  },
  {
    name: "a planned batch is planned again after a restart",
    file: "driver/checkpoint/recovered-batch.ts",
    find: "if (planned === undefined) return undefined;",
    replace: "if (planned !== undefined) return undefined;\n  if (planned === undefined) return undefined;",
  },
  {
    name: "a prepared batch counts after a restart, whatever Kafka says",
    file: "driver/transactions/settle-last.ts",
    find: "if (prepared?.transaction !== undefined && marker?.attempt === prepared.transaction.attempt) {",
    replace: "if (prepared?.transaction !== undefined) {",
  },
  {
    name: "a batch that Kafka has committed runs again after a restart",
    file: "driver/transactions/settle-last.ts",
    find: "await log.committed(prepared.time);\n    return;",
    replace: "return;",
  },
  // State
  {
    name: "the manifest leaves out the files of a batch whose operators are known",
    file: "driver/checkpoint/checkpoint-state.ts",
    find: "manifest: acceptFiles(state.manifest, prepared.files, prepared.operators),",
    replace: "manifest: acceptFiles(state.manifest, prepared.files.slice(0, 1), prepared.operators),",
  },
  {
    name: "state that a failed attempt proposed stays",
    file: "state/memory/catch-up.ts",
    find: "state.dropProposed();",
    replace: "state.applyProposed();",
  },
  {
    name: "state files are removed as soon as no new batch needs them",
    file: "driver/state/state-garbage.ts",
    find: "await this.#remove(free);",
    replace: "await this.#remove([...needed.keys()].slice(0, 1));",
  },
  // Transactions
  {
    name: "the marker is read before the producer id is asked for",
    file: "kafka/transactions/transactional-session.ts",
    find: "this.#begin(await this.#calls.initProducerId());\n    return this.#calls.marker(this.#markerPlaces);",
    replace:
      "const early = await this.#calls.marker(this.#markerPlaces);\n    this.#begin(await this.#calls.initProducerId());\n    return early;",
  },
  {
    name: "a transaction whose end is not known counts as aborted",
    file: "kafka/transactions/transactional-session.ts",
    find: "return isSameMarker(await this.#calls.marker(this.#markerPlaces), marker);",
    replace: "return false;",
  },
  {
    name: "a transaction whose end is not known counts as committed",
    file: "kafka/transactions/transactional-session.ts",
    find: "return isSameMarker(await this.#calls.marker(this.#markerPlaces), marker);",
    replace: "return true;",
  },
  {
    name: "the epoch is not raised after a transaction that failed",
    file: "kafka/transactions/transactional-session.ts",
    find: "this.#begin(await this.#calls.initProducerId(id));",
    replace: "this.#begin(id);",
  },
  {
    name: "partitions stay in the transaction after its end",
    file: "kafka/transactions/transaction-network.ts",
    find: "this.#added.clear();",
    replace: "",
  },
  {
    name: "a lost answer to the commit is taken for a yes",
    file: "kafka/transactions/transaction-calls.ts",
    find: 'await this.#expect(this.#transaction, endTxnRequest, request, "the commit of the transaction");',
    replace:
      'await this.#expect(this.#transaction, endTxnRequest, request, "the commit of the transaction").catch(() => {});',
  },
  // Client
  {
    name: "a late answer is taken for that to the next request",
    file: "kafka/client/broker-connection.ts",
    find: "if (pending === undefined || frame.length < 4 || frame.readInt32BE(0) !== id) {",
    replace: "if (pending === undefined) {",
  },
  {
    name: "records of aborted transactions are read",
    file: "kafka/consumer/aborted-filter.ts",
    find: "return header.isTransactional && !header.isControl && this.#active.has(header.producerId);",
    replace: "return false;",
  },
  {
    name: "a batch that may be in the log is sent under a new producer id",
    file: "kafka/transactions/transaction-network.ts",
    find: 'if (this.#isLent) throw this.#giveUp(new DStreamError("BROKER_UNREACHABLE", "a batch may be lost or out of order"));',
    replace: "",
  },
  {
    name: "the end of a connection is told to requests that were answered",
    file: "kafka/client/broker-connection.ts",
    find: "if (this.#closed !== undefined) return;\n    this.#closed = error;",
    replace: "this.#closed = error;",
  },
  // Planning
  {
    name: "times of batches follow a clock that was set back",
    file: "driver/batch/batch-generator.ts",
    find: "this.#lastTime = replay ? last : Math.max(last, now);",
    replace: "this.#lastTime = replay ? last : now;",
  },
  // Broker
  {
    name: "the broker appends a batch that it has",
    file: "broker/log/producer-state.ts",
    find: "return this.#recent.find((batch) => batch.sequence === header.baseSequence && batch.count === count)?.baseOffset;",
    replace: "return undefined;",
  },
  {
    name: "the broker takes batches of an earlier epoch",
    file: "broker/log/producer-state.ts",
    find: "if (header.producerEpoch < this.epoch) return kafkaErrors.INVALID_PRODUCER_EPOCH.code;",
    replace: "if (header.producerEpoch < this.epoch) return 0;",
  },
  {
    name: "the broker's coordinator serves a producer that was fenced",
    file: "broker/transactions/transaction-coordinator.ts",
    find: "if (transaction.epoch !== epoch) return kafkaErrors.PRODUCER_FENCED.code;",
    replace: "",
  },
  {
    name: "the broker forgets what it decided when it starts again",
    file: "broker/transactions/transaction-coordinator.ts",
    find: "if (isPrepared(transaction)) this.#complete(transaction);\n      else if",
    replace: "if",
  },
  {
    name: "the broker gives a group the offsets of a transaction that it aborts",
    file: "broker/transactions/transaction-coordinator.ts",
    find: 'type === "commit" ? offsets : []',
    replace: "offsets",
  },
  // What only a cluster of brokers shows
  {
    name: "a leader that was replaced is asked for records of a later epoch",
    file: "kafka/consumer/range-reader.ts",
    find: "Math.max(leader.leaderEpoch, this.#range.leaderEpoch ?? -1)",
    replace: "leader.leaderEpoch",
  },
];
