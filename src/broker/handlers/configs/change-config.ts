import { topicNameProblem } from "../../../kafka/protocol/topic-name.ts";
import type { BrokerState } from "../../broker-state.ts";
import { nodeId } from "../../cluster-view.ts";
import { done, type Outcome, refused } from "../../outcome.ts";
import { configProblem, normalConfig, type TopicConfig } from "../../topics/topic-config.ts";
import { resourceType } from "./config-entries.ts";

export interface ConfigResource {
  readonly type: number;
  readonly name: string;
}

type NewConfig = Readonly<Record<string, string>>;

/**
 * Gives each topic the configuration that `next` makes of its present one and the request, or says why not. The broker's own are
 * options of its start.
 *
 * @param isTrial nothing is changed; it is only said what could be.
 */
export function changeConfigs<R extends ConfigResource>(
  broker: BrokerState,
  resources: readonly R[],
  isTrial: boolean,
  next: (present: TopicConfig, resource: R) => NewConfig | Outcome,
): readonly (ConfigResource & Outcome)[] {
  const keyOf = ({ type, name }: R): string => `${type}/${name}`;
  return resources.map((resource, i) => {
    const { type, name } = resource;
    const isTwice = resources.some((other, j) => j !== i && keyOf(other) === keyOf(resource));
    const outcome = isTwice
      ? refused("INVALID_REQUEST", "Each resource must appear at most once.")
      : changeConfig(broker, resource, isTrial, next);
    return { type, name, ...outcome };
  });
}

function changeConfig<R extends ConfigResource>(
  { topics }: BrokerState,
  resource: R,
  isTrial: boolean,
  next: (present: TopicConfig, resource: R) => NewConfig | Outcome,
): Outcome {
  const problem = resourceProblem(resource);
  if (problem !== undefined) return problem;
  const topic = topics.get(resource.name);
  if (topic === undefined) return refused("UNKNOWN_TOPIC_OR_PARTITION", `The topic '${resource.name}' does not exist.`);
  const config = next(topic.config, resource);
  if (isOutcome(config)) return config;
  const configured = configProblem(config);
  if (configured !== undefined) return refused("INVALID_CONFIG", configured);
  if (!isTrial) topics.configure(topic, normalConfig(config));
  return done;
}

function resourceProblem({ type, name }: ConfigResource): Outcome | undefined {
  if (type === resourceType.broker) {
    if (name !== "" && !/^-?\d+$/.test(name))
      return refused("INVALID_REQUEST", `Node id must be an integer, but it is: ${name}`);
    return name === "" || name === String(nodeId)
      ? refused("INVALID_REQUEST", "the embedded broker's own configuration cannot be changed while it runs")
      : refused("INVALID_REQUEST", `Unexpected broker id, expected ${nodeId}, but received ${name}`);
  }
  if (type !== resourceType.topic) return refused("INVALID_REQUEST", `Unknown resource type ${type}`);
  if (name === "") return refused("INVALID_REQUEST", "Default topic resources are not allowed.");
  const problem = topicNameProblem(name);
  return problem === undefined ? undefined : refused("INVALID_TOPIC_EXCEPTION", problem);
}

function isOutcome(config: NewConfig | Outcome): config is Outcome {
  return typeof config.errorCode === "number";
}

/** Whether configurations are named twice, or, where they need one, have no value. */
export function entriesProblem(
  entries: readonly { readonly key: string; readonly value: string | null; readonly mayBeNull?: boolean }[],
): Outcome | undefined {
  if (new Set(entries.map(({ key }) => key)).size < entries.length)
    return refused("INVALID_REQUEST", "Error due to duplicate config keys");
  const nulls = entries.filter(({ value, mayBeNull }) => value === null && mayBeNull !== true);
  return nulls.length === 0
    ? undefined
    : refused("INVALID_REQUEST", `Null value not supported for : ${nulls.map(({ key }) => key).join(", ")}`);
}
