import { transactionStates } from "../../transactions/transaction.ts";
import type { Handler } from "../handler.ts";

export const listTransactions: Handler = ({ broker, reader, writer, version }) => {
  const states = reader.array(() => reader.string());
  const producerIds = reader.array(() => reader.int64());
  const olderThanMs = version >= 1 ? reader.int64() : -1;
  reader.tags();
  const known: readonly string[] = transactionStates;
  const nowMs = broker.machine.clock.now();
  const found = [...broker.transactions.all()].filter(
    ({ state, producerId, startMs }) =>
      (states.length === 0 || states.includes(state)) &&
      (producerIds.length === 0 || producerIds.includes(producerId)) &&
      (olderThanMs < 0 || (startMs >= 0 && nowMs - startMs > olderThanMs)),
  );
  writer.int32(0).int16(0);
  writer.array(
    states.filter((state) => !known.includes(state)),
    (state) => writer.string(state),
  );
  writer.array(found, ({ transactionalId, producerId, state }) =>
    writer.string(transactionalId).int64(producerId).string(state).tags(),
  );
  writer.tags();
  return undefined;
};
