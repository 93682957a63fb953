// How numbers, durations and times are written on the page.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export function count(value: number | undefined): string {
  return value === undefined ? "–" : whole.format(value);
}

export function shortCount(value: number | undefined): string {
  if (value === undefined) return "–";
  return Math.abs(value) < 10_000 && Math.abs(value) >= 10 ? whole.format(value) : short.format(value);
}

export function rate(perSecond: number | undefined): string {
  return perSecond === undefined ? "–" : `${shortCount(perSecond)}/s`;
}

export function duration(ms: number | undefined): string {
  if (ms === undefined) return "–";
  if (ms < 10) return `${ms.toFixed(ms === Math.trunc(ms) ? 0 : 1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  const hours = Math.floor(ms / 3_600_000);
  const rest = `${Math.floor((ms % 3_600_000) / 60_000)} min`;
  return hours < 48 ? `${hours} h ${rest}` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function bytes(value: number | undefined): string {
  if (value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}

/** "09:41:45", with milliseconds where batches are shorter than a second. */
export function clockTime(time: number, withMs = false): string {
  const text = new Date(time).toTimeString().slice(0, 8);
  return withMs ? `${text}.${String(Math.floor(time % 1_000)).padStart(3, "0")}` : text;
}

/** Whether times of batches need their milliseconds. */
export const isShort = (batchInterval: number): boolean => batchInterval % 1_000 !== 0;

export function dateTime(time: number, withMs = false): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(time, withMs)}`;
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}
