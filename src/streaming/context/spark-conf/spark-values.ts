import { invalidOption } from "../../../errors/checks/check-options.ts";

// Values as Spark writes them in its configuration. `name` is the setting's, for errors.

type Parse<T> = (name: string, text: string) => T;

export const aText: Parse<string> = (_name, text) => text;

export const aFlag: Parse<boolean> = (name, text) => {
  const word = text.trim().toLowerCase();
  if (word === "true" || word === "false") return word === "true";
  throw refused(name, text, '"true" or "false"');
};

/** A whole number; `least` is the smallest that is allowed. */
export const aCount = (least: number): Parse<number> => {
  return (name, text) => {
    const number = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw refused(name, text, `an integer of at least ${least}`);
  };
};

/** A number, which may have a fraction; 0 is allowed or not. */
export const aNumber = (allowed: "from 0" | "above 0"): Parse<number> => {
  return (name, text) => {
    const number = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(number) && (allowed === "from 0" ? number >= 0 : number > 0)) return number;
    throw refused(name, text, allowed === "from 0" ? "a number of at least 0" : "a number above 0");
  };
};

/** Records a second; what is not above 0 is no limit, for Spark and here. */
export const aRate: Parse<number | undefined> = (name, text) => {
  const rate = aCount(Number.MIN_SAFE_INTEGER)(name, text);
  return rate > 0 ? rate : undefined;
};

const unitsOfTime: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time as "200ms" or "2min", in milliseconds; a number alone has the setting's own `unit`. */
export const aTime = (unit: "ms" | "s", least: number): Parse<number> => {
  return (name, text) => {
    const [, digits = "", suffix = unit] = /^(\d+)([a-z]+)?$/.exec(text.trim().toLowerCase()) ?? [];
    const ms = digits === "" ? Number.NaN : Math.floor(Number(digits) * (unitsOfTime[suffix] ?? Number.NaN));
    if (Number.isSafeInteger(ms) && ms >= least) return ms;
    throw refused(name, text, `a time such as "200ms", "10s" or "2min", of at least ${least} ms`);
  };
};

const unitsOfSize = ["b", "k", "m", "g", "t", "p"];

/** A size as "512m" or "1g", in bytes. */
export const aSize: Parse<number> = (name, text) => {
  const [, digits = "", suffix = "b"] = /^(\d+)(b|[kmgtp]b?)?$/.exec(text.trim().toLowerCase()) ?? [];
  const bytes = digits === "" ? Number.NaN : Number(digits) * 1_024 ** unitsOfSize.indexOf(suffix.charAt(0));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw refused(name, text, 'a size above 0 such as "512m" or "1g"');
};

/** An error for a setting whose value is not allowed. */
function refused(name: string, text: string, allowed: string): Error {
  return invalidOption(`conf["${name}"]`, `"${text}"`, allowed);
}
