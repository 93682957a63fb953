/** Settings of Spark that the benchmark was given, by `--set`: "name=value;name=value" in the driver's environment, none in workers. */
export function givenSettings(): Record<string, string> {
  const given = (process.env.BENCH_SETTINGS ?? "").split(";").filter((each) => each !== "");
  return Object.fromEntries(given.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]));
}
