import { createHash } from "node:crypto";
import { senderRefused } from "./sender-refused.ts";

// The protocol of Flume's Avro sinks and sources. A sender tells its own in the handshake, and writes requests by that: it has to be
// the same but for what changes no byte, such as documentation or the kind of strings that Java makes.

const event = "AvroFlumeEvent";

const text = JSON.stringify({
  protocol: "AvroSourceProtocol",
  namespace: "org.apache.flume.source.avro",
  types: [
    { type: "enum", name: "Status", symbols: ["OK", "FAILED", "UNKNOWN"] },
    {
      type: "record",
      name: event,
      fields: [
        { name: "headers", type: { type: "map", values: "string" } },
        { name: "body", type: "bytes" },
      ],
    },
  ],
  messages: {
    append: { request: [{ name: "event", type: event }], response: "Status" },
    appendBatch: { request: [{ name: "events", type: { type: "array", items: event } }], response: "Status" },
  },
});

/** What a sink sends events by. */
export type AppendMessage = "append" | "appendBatch";

/** Ours, as the handshake tells it. */
export const sourceProtocol = { text, hash: protocolHash(text) } as const;

/** By which a handshake names a protocol. */
export function protocolHash(protocol: string): Buffer {
  return createHash("md5").update(protocol).digest();
}

const eventForm = "record(headers: map(string), body: bytes)";
const requestForms: Readonly<Record<AppendMessage, string>> = {
  append: `event: ${eventForm}`,
  appendBatch: `events: array(${eventForm})`,
};
/** Schemas that are looked at for a message: those of the events are six, and names that stand for one another would never end. */
const maxSchemas = 32;

/**
 * Which messages a sender with this protocol may send.
 *
 * @throws SENDER_REFUSED when it is another protocol, or its events are others.
 */
export function appendMessagesOf(protocol: string): ReadonlySet<AppendMessage> {
  const { protocol: name, types, messages } = parsed(protocol);
  const named = new Map<unknown, unknown>();
  for (const type of Array.isArray(types) ? types : []) named.set(own(type, "name"), type);
  const isSame = (message: AppendMessage): boolean =>
    new SchemaForms(named).fields(own(own(messages, message), "request")) === requestForms[message];
  const all = (Object.keys(requestForms) as AppendMessage[]).filter((message) => own(messages, message) !== undefined);
  if (all.length > 0 && all.every(isSame)) return new Set(all);
  const shown = typeof name === "string" && /^\w{1,64}$/.test(name) ? name : "without a name";
  throw senderRefused(
    `it speaks the Avro protocol ${shown}, not that of Flume's Avro sinks: send from a sink of the type avro`,
  );
}

function parsed(protocol: string): { protocol?: unknown; types?: unknown; messages?: unknown } {
  try {
    return Object(JSON.parse(protocol));
  } catch (cause) {
    throw senderRefused("it names a protocol that is not JSON: send from a sink of the type avro", cause);
  }
}

/** A property of what may be anything. */
function own(value: unknown, name: string): unknown {
  const isObject = typeof value === "object" && value !== null;
  return isObject && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** Says in a text what decides how the values of schemas are written. */
class SchemaForms {
  readonly #named: ReadonlyMap<unknown, unknown>;
  #left = maxSchemas;

  constructor(named: ReadonlyMap<unknown, unknown>) {
    this.#named = named;
  }

  fields(fields: unknown): string {
    if (!Array.isArray(fields)) return "";
    const texts: string[] = [];
    for (const field of fields) {
      if (this.#left === 0) break;
      texts.push(`${own(field, "name")}: ${this.#form(own(field, "type"))}`);
    }
    return texts.join(", ");
  }

  #form(schema: unknown): string {
    if (this.#left === 0) return "";
    this.#left--;
    if (typeof schema === "string") {
      const type = this.#named.get(schema.slice(schema.lastIndexOf(".") + 1));
      return type === undefined ? schema : this.#form(type);
    }
    const type = own(schema, "type");
    if (type === "map") return `map(${this.#form(own(schema, "values"))})`;
    if (type === "array") return `array(${this.#form(own(schema, "items"))})`;
    if (type === "record") return `record(${this.fields(own(schema, "fields"))})`;
    return typeof type === "string" ? type : "";
  }
}
