import { invalidOption } from "../../../errors/checks/check-options.ts";
import type { LocationStrategy } from "../../../kafka/types.ts";

const kinds: readonly unknown[] = ["consistent", "brokers", "fixed"] satisfies LocationStrategy["kind"][];

/** @throws INVALID_OPTION for what is none of LocationStrategies. */
export function checkLocationStrategy(strategy: LocationStrategy | undefined): void {
  if (strategy === undefined || kinds.includes(strategy?.kind)) return;
  throw invalidOption("locationStrategy", typeof strategy, "one of LocationStrategies");
}
