import { topicNameProblem } from "../../../kafka/protocol/topic-name.ts";
import { nodeId } from "../../cluster-view.ts";
import { done, type Outcome, refused } from "../../outcome.ts";
import { topicConfigKeys } from "../../topics/topic-config.ts";
import type { Topic } from "../../topics/topic-store.ts";
import type { Handler, RequestContext } from "../handler.ts";
import { configSource, configType, resourceType } from "./config-entries.ts";

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly isReadOnly: boolean;
  readonly source: number;
  readonly type: number;
  /** Where else a value is given, the one that counts first. */
  readonly synonyms: readonly { readonly name: string; readonly value: string; readonly source: number }[];
}

interface Resource {
  readonly type: number;
  readonly name: string;
  /** Null or none: all. */
  readonly keys: readonly string[] | null;
}

export const describeConfigs: Handler = (context) => {
  const { reader, writer, version } = context;
  const resources = reader.array((): Resource => {
    const [type, name] = [reader.int8(), reader.string()];
    const keys = reader.nullableArray(() => reader.string());
    reader.tags();
    return { type, name, keys };
  });
  const wantsSynonyms = reader.boolean();
  if (version >= 3) reader.boolean();
  reader.tags();
  writer.int32(0).array(resources, (resource) => {
    const { outcome, entries } = describe(context, resource);
    const wanted = entries.filter(({ name }) => !resource.keys?.length || resource.keys.includes(name));
    writer.int16(outcome.errorCode).string(outcome.message ?? "");
    writer.int8(resource.type).string(resource.name);
    writer.array(wanted, (entry) => writeEntry(context, entry, wantsSynonyms));
    writer.tags();
  });
  writer.tags();
  return undefined;
};

function describe(
  { broker }: RequestContext,
  { type, name }: Resource,
): { readonly outcome: Outcome; readonly entries: readonly Entry[] } {
  if (type === resourceType.topic) {
    const problem = topicNameProblem(name);
    if (problem !== undefined) return { outcome: refused("INVALID_TOPIC_EXCEPTION", problem), entries: [] };
    const topic = broker.topics.get(name);
    return topic === undefined
      ? { outcome: refused("UNKNOWN_TOPIC_OR_PARTITION", ""), entries: [] }
      : { outcome: done, entries: topicEntries(topic) };
  }
  if (type !== resourceType.broker)
    return { outcome: refused("INVALID_REQUEST", `Unsupported resource type: ${type}`), entries: [] };
  if (name !== "" && name !== String(nodeId)) {
    const message = /^-?\d+$/.test(name)
      ? `Unexpected broker id, expected ${nodeId} or empty string, but received ${name}`
      : `Broker id must be an integer, but it is: ${name}`;
    return { outcome: refused("INVALID_REQUEST", message), entries: [] };
  }
  // Without a number it is asked what is set for all brokers: nothing is.
  return { outcome: done, entries: name === "" ? [] : brokerEntries(broker) };
}

function topicEntries({ config }: Topic): Entry[] {
  return Object.entries(topicConfigKeys).map(([name, { type, value, serverName }]) => {
    const own = config[name];
    const synonyms = [];
    if (own !== undefined) synonyms.push({ name, value: own, source: configSource.topic });
    if (serverName !== undefined) synonyms.push({ name: serverName, value, source: configSource.standard });
    const source = own === undefined ? configSource.standard : configSource.topic;
    return { name, value: own ?? value, isReadOnly: false, source, type: configType[type], synonyms };
  });
}

/** What tools ask a broker about; the rest of Kafka's settings has no meaning here. */
function brokerEntries({ autoCreateTopics, topics }: RequestContext["broker"]): Entry[] {
  const entry = (name: string, value: string, type: number, source: number): Entry => {
    return { name, value, isReadOnly: true, source, type, synonyms: [{ name, value, source }] };
  };
  return [
    entry("auto.create.topics.enable", String(autoCreateTopics), configType.BOOLEAN, configSource.broker),
    entry("broker.id", String(nodeId), configType.INT, configSource.broker),
    entry("default.replication.factor", "1", configType.INT, configSource.standard),
    entry("node.id", String(nodeId), configType.INT, configSource.broker),
    entry("num.partitions", String(topics.defaultPartitions), configType.INT, configSource.broker),
    ...Object.values(topicConfigKeys).flatMap(({ serverName, value, type }) =>
      serverName === undefined ? [] : [entry(serverName, value, configType[type], configSource.standard)],
    ),
  ];
}

function writeEntry({ writer, version }: RequestContext, entry: Entry, wantsSynonyms: boolean): void {
  const { name, value, isReadOnly, source, type, synonyms } = entry;
  writer.string(name).string(value).boolean(isReadOnly);
  writer.int8(source).boolean(false);
  writer.array(wantsSynonyms ? synonyms : [], (synonym) =>
    writer.string(synonym.name).string(synonym.value).int8(synonym.source).tags(),
  );
  if (version >= 3) writer.int8(type).string(null);
  writer.tags();
}
