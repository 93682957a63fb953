import { jsonText } from "../../../codec/json-text.ts";
import type { RunningStage } from "../../../driver/batch/batch.ts";
import type { StateQueries } from "../../../driver/query/state-queries.ts";
import type { JobHistory } from "../../../listeners/job-history.ts";
import type { ListenerBus } from "../../../listeners/listener-bus.ts";
import { parentsOf } from "../../../plan/graph/nodes/node.ts";
import type { Graph } from "../../../plan/graph/plan-builder.ts";
import type { JobDescription, OperatorView } from "../../../ui/job-description.ts";
import type { LiveJob, StateRequest } from "../../../ui/job-site.ts";
import { JobUI } from "../../../ui/job-ui.ts";
import { newJobId } from "../../../ui/log/event-log.ts";
import { checkUIOptions, type UIOptions } from "../../../ui/ui-options.ts";
import type { JobPhase } from "../../../ui/views/job-status.ts";
import type { StateAnswer } from "../../../ui/views/state-data.ts";
import { version } from "../../../version.ts";
import type { JobBuilder } from "../job-builder.ts";
import { resolveMaster } from "../master.ts";
import type { EffectiveOptions } from "../spark-conf/effective-options.ts";
import { settingTexts, shownMaster } from "./setting-texts.ts";

export interface JobParts {
  readonly options: EffectiveOptions;
  readonly job: JobBuilder;
  readonly graph: Graph;
  readonly bus: ListenerBus;
  readonly history: JobHistory;
  readonly checkpointDir: string | undefined;
  phase(): JobPhase;
  /** @throws ILLEGAL_STATE before the job has begun, and when it has ended. */
  queries(): StateQueries;
  /** Undefined while no stage runs. */
  runningStage(): RunningStage | undefined;
}

export interface Shown {
  /** Undefined: no page. */
  readonly ui: UIOptions | undefined;
  /** Undefined: no event log. */
  readonly eventLog: string | undefined;
}

/** Begins to show a job: its page, its event log. @throws INVALID_OPTION, PORT_IN_USE, EVENT_LOG_UNAVAILABLE */
export function showJob(parts: JobParts, { ui, eventLog }: Shown): Promise<JobUI> {
  const { bus, history } = parts;
  const checked = ui && checkUIOptions(ui);
  const { log } = parts.options.runtime;
  return JobUI.start({ ui: checked, eventLog, job: descriptionOf(parts), history, bus, live: liveJob(parts), log });
}

function descriptionOf({ options, job, graph, checkpointDir }: JobParts): JobDescription {
  const { appName, batchInterval, clock, runtime } = options;
  const { names, nodes, outputs } = graph;
  const startTime = clock.now();
  const operators = nodes.map((node): OperatorView => {
    const parents = parentsOf(node).map(({ id }) => names[id] as string);
    const kind = node.kind === "source" ? "source" : "operator";
    return { name: names[node.id] as string, parents, kind, ...(node.site !== undefined && { site: node.site }) };
  });
  const written = outputs.map(({ id, node, operator, site }): OperatorView => {
    const parents = [names[node.id] as string];
    return { name: `${operator} ${id}`, parents, kind: "output", ...(site !== undefined && { site }) };
  });
  const master = shownMaster(resolveMaster(options.master, runtime.process));
  return {
    ...{ id: newJobId(startTime), appName, master, version, startTime, batchInterval },
    inputs: [...job.sources.keys()].map((id) => names[id] as string),
    operators: [...operators, ...written],
    outputs: outputs.map(({ operator }) => operator),
    configuration: settingTexts({ ...options, master, checkpointDir }),
  };
}

function liveJob({ options, job, phase, queries, runningStage }: JobParts): LiveJob {
  return {
    get phase() {
      return phase();
    },
    get accumulators() {
      return job.accumulators.byName;
    },
    get runningStage() {
      return runningStage();
    },
    now: () => options.clock.now(),
    stateOperators: async () => {
      const sizes = await queries().sizes();
      return sizes.map(({ operator, entries, bytes, bytesByBucket = [] }) => {
        return { operator, entries, bytes, bytesByBucket };
      });
    },
    stateOf: (operator, request) => stateOf(queries(), operator, request),
  };
}

async function stateOf(queries: StateQueries, operator: string, request: StateRequest): Promise<StateAnswer> {
  if ("key" in request) {
    const state = await queries.get(operator, request.key);
    const found = state === undefined ? [] : [{ key: jsonText(request.key), state: jsonText(state) }];
    return { operator, entries: found, hasMore: false };
  }
  const entries: { key: string; state: string }[] = [];
  for await (const [key, state] of queries.entries(operator, request.limit + 1)) {
    entries.push({ key: jsonText(key), state: jsonText(state) });
  }
  return { operator, entries: entries.slice(0, request.limit), hasMore: entries.length > request.limit };
}
