import { DStreamError } from "./dstream-error.ts";
import { nearest } from "./nearest.ts";

/** Refuses an options object with a name that is not in `known`. @throws UNKNOWN_OPTION, naming the nearest known option. */
export function checkOptionNames(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const [similar] = nearest(name, known, 1);
    const hint = similar === undefined ? `known options: ${known.join(", ")}` : `did you mean "${similar}"?`;
    throw new DStreamError("UNKNOWN_OPTION", `${where} has no option "${name}"; ${hint}`, { data: { option: name } });
  }
}

/** An error for an option whose value is not allowed. */
export function invalidOption(option: string, seen: unknown, allowed: string, cause?: unknown): DStreamError {
  return new DStreamError("INVALID_OPTION", `${option} must be ${allowed}, not ${String(seen)}`, {
    cause,
    data: { option },
  });
}

/** The function that an operator was given. @throws INVALID_OPTION for anything else. */
export function checkFunction<F>(operator: string, f: F): F {
  if (typeof f !== "function") throw invalidOption(`${operator}'s argument`, typeof f, "a function");
  return f;
}
