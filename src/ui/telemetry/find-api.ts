import { createRequire } from "node:module";
import type * as OpenTelemetry from "@opentelemetry/api";
import { type RegisteredSdk, registeredSdk } from "./telemetry-watch.ts";

export type Api = typeof OpenTelemetry;

/**
 * The program's copy of @opentelemetry/api. One that is newer than the copy by which the SDK was registered does not see it, and says
 * nothing: so a copy counts only if it gives the providers that are registered.
 *
 * @param files from which it is looked for, in this order, and then from here
 * @throws Error that says what to install
 */
export function findApi(files: readonly string[]): Api {
  const sdk = registeredSdk() ?? {};
  for (const file of [...files, import.meta.url]) {
    const api = loaded(file);
    if (api !== undefined && sees(api, sdk)) return api;
  }
  throw new Error(
    `an SDK is registered, and the copy of @opentelemetry/api (1.3 or later) that it was registered with is not found from ${files.join(" or ")}; install that version beside the job's file`,
  );
}

function loaded(file: string): Api | undefined {
  try {
    return createRequire(file)("@opentelemetry/api") as Api;
  } catch {
    return undefined;
  }
}

/** Metrics came with 1.3. */
function sees(api: Partial<Api>, { metrics, trace }: RegisteredSdk): boolean {
  if (api.metrics?.getMeterProvider === undefined || api.trace === undefined) return false;
  if (metrics !== undefined && api.metrics.getMeterProvider() !== metrics) return false;
  return trace === undefined || api.trace.getTracerProvider() === trace;
}
