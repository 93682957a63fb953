import { kafkaErrorName } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import { WireConnection } from "../../support/wire/wire-connection.ts";

/** A broker that a case may use as it likes; others use it, too. */
export class CaseBroker {
  /** "host:port" */
  readonly brokers: string;
  readonly #open: WireConnection[] = [];

  constructor(brokers: string) {
    this.brokers = brokers;
  }

  /** A connection that ends with the case. */
  async connect(): Promise<WireConnection> {
    const wire = await WireConnection.open(this.brokers);
    this.#open.push(wire);
    return wire;
  }

  close(): void {
    for (const wire of this.#open) wire.close();
  }
}

/** What Kafka does, as a sentence, and how it is seen. */
export interface BrokerCase {
  readonly name: string;
  /** It waits for seconds, whatever the broker. */
  readonly isSlow?: boolean;
  run(broker: CaseBroker, wire: WireConnection): Promise<void>;
}

let count = 0;

/** A name for a topic, group or transactional id that no other case has. */
export function fresh(word: string): string {
  return `${word}-${process.pid}-${count++}`;
}

/** Kafka's name of an error code; "NONE" for success. */
export function named({ errorCode }: { readonly errorCode: number }): string {
  return kafkaErrorName(errorCode);
}

/** Runs a case with a connection of its own. */
export async function runCase({ run }: BrokerCase, brokers: string): Promise<void> {
  const broker = new CaseBroker(brokers);
  try {
    await run(broker, await broker.connect());
  } finally {
    broker.close();
  }
}
