import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../../src/runtime/files/cache-folder.ts";
import { makeOnce } from "../../../src/runtime/files/make-once.ts";
import { thisMachine } from "../../../src/runtime/machine/machine.ts";
import { outputOf } from "../processes.ts";

// The OpenTelemetry Collector's own receiver: the program of test/ui/otlp-receiver, built into the cache folder. Needs Go.

const folder = fileURLToPath(new URL("../../ui/otlp-receiver/", import.meta.url));
const buildMs = 600_000;

export interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string; readonly arrayValue?: unknown };
}
export interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes?: readonly OtlpAttribute[];
}
interface Point {
  readonly attributes?: readonly OtlpAttribute[];
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly count?: string;
}
type Points = { readonly dataPoints: readonly Point[]; readonly isMonotonic?: boolean };
export interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: Points;
  readonly gauge?: Points;
  readonly histogram?: Points;
}
interface Scoped {
  readonly scope: { readonly name: string };
  readonly spans?: readonly OtlpSpan[];
  readonly metrics?: readonly OtlpMetric[];
}
interface Request {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly Scoped[] }[];
  readonly resourceMetrics?: readonly { readonly scopeMetrics: readonly Scoped[] }[];
}

/** What the collector has accepted under the name of dstream. */
export class OtlpReceiver {
  readonly spans: OtlpSpan[] = [];
  /** As they came last, by name. */
  readonly metrics = new Map<string, OtlpMetric>();
  readonly #child: ChildProcess;
  url = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<OtlpReceiver> {
    const child = spawn(await built(), { stdio: ["pipe", "pipe", "inherit"] });
    const receiver = new OtlpReceiver(child);
    const lines = createInterface(child.stdout);
    const listening = once(lines, "line");
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the OTLP receiver ended with code ${code}`);
    });
    ended.catch(() => {});
    const [line] = (await Promise.race([listening, ended])) as [string];
    receiver.url = `http://${(JSON.parse(line) as { data: string }).data}`;
    lines.on("line", (each) => receiver.#take((JSON.parse(each) as { data: Request }).data));
    return receiver;
  }

  /** Values by attributes; of histograms how many there were. */
  values(name: string): Record<string, number> {
    const { sum, gauge, histogram } = this.metrics.get(name) ?? {};
    const points = (sum ?? gauge ?? histogram)?.dataPoints ?? [];
    return Object.fromEntries(
      points.map(({ attributes = [], asInt, asDouble, count }) => [
        attributes.map(({ key, value }) => `${key}=${value.stringValue}`).join(" "),
        Number(asInt ?? asDouble ?? count),
      ]),
    );
  }

  /** Ends the collector, and resolves when all that it printed is here. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.stdin?.end();
    await closed;
  }

  #take({ resourceSpans = [], resourceMetrics = [] }: Request): void {
    const scopes = [
      ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans),
      ...resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics),
    ];
    for (const { scope, spans = [], metrics = [] } of scopes) {
      if (scope.name !== "dstream") continue;
      this.spans.push(...spans);
      for (const metric of metrics) this.metrics.set(metric.name, metric);
    }
  }
}

async function built(): Promise<string> {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder)) hash.update(readFileSync(join(folder, name)));
  const program = join(cacheFolder(), `otlp-receiver-${hash.digest("hex").slice(0, 12)}`);
  return makeOnce(thisMachine, program, async (aside) => {
    const env = { GOFLAGS: "-mod=readonly", GOWORK: "off" };
    await outputOf("go", ["-C", folder, "build", "-o", aside, "."], { timeoutMs: buildMs, env });
  });
}
