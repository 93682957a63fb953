import { done, type Outcome, refused } from "../../outcome.ts";
import type { Topic } from "../../topics/topic-store.ts";
import type { Handler } from "../handler.ts";
import { noId } from "./metadata.ts";

interface Asked {
  readonly name: string | null;
  readonly id: string;
}

export const deleteTopics: Handler = ({ broker, reader, writer, version }) => {
  const asked = reader.array((): Asked => {
    if (version < 6) return { name: reader.string(), id: noId };
    const topic = { name: reader.nullableString(), id: reader.uuid() };
    reader.tags();
    return topic;
  });
  reader.int32();
  reader.tags();
  const keyOf = ({ name, id }: Asked): string => name ?? id;
  const keys = asked.map(keyOf);
  const results = asked
    .filter((one, i) => keys.indexOf(keyOf(one)) === i)
    .map((one) => {
      const { name, id } = one;
      const isTwice = keys.indexOf(keyOf(one)) !== keys.lastIndexOf(keyOf(one));
      const problem = isTwice
        ? refused("INVALID_REQUEST", `Duplicate topic ${name === null ? "id" : "name"}.`)
        : askedProblem(one);
      if (problem !== undefined) return { name, id, ...problem };
      const topic = name === null ? broker.topics.withId(id) : broker.topics.get(name);
      const outcome = topic === undefined ? missing(name) : remove(topic);
      return { name: topic?.name ?? name, id: topic?.id ?? id, ...outcome };
    });
  writer.int32(0).array(results, ({ name, id, errorCode, message }) => {
    writer.string(name);
    if (version >= 6) writer.uuid(id);
    writer.int16(errorCode);
    if (version >= 5) writer.string(message);
    writer.tags();
  });
  writer.tags();
  return undefined;

  function remove(topic: Topic): Outcome {
    broker.topics.delete(topic);
    broker.groups.forgetTopic(topic.name);
    return done;
  }
};

function askedProblem({ name, id }: Asked): Outcome | undefined {
  if (name !== null && id !== noId)
    return refused("INVALID_REQUEST", "You may not specify both topic name and topic id.");
  return name === null && id === noId
    ? refused("INVALID_REQUEST", "Neither topic name nor id were specified.")
    : undefined;
}

function missing(name: string | null): Outcome {
  return name === null
    ? refused("UNKNOWN_TOPIC_ID", "This server does not host this topic ID.")
    : refused("UNKNOWN_TOPIC_OR_PARTITION", "This server does not host this topic-partition.");
}
