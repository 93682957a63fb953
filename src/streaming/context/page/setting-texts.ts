/** Names of settings whose values nobody should see: Spark's spark.redaction.regex. */
const secretNames = /secret|password|passphrase|token|access[.]?key|authorization|credential/i;
const hidden = "*********(redacted)";
/** Options that are no settings: they are objects of the program, or connections with their secrets. */
const leftOut = ["clock", "logger", "runtime", "fromConf", "conf", "spark", "ui"];

/** The settings of a job as texts, by name, for people: secrets are hidden. */
export function settingTexts(options: object): Record<string, string> {
  const { conf = {} } = options as { readonly conf?: Readonly<Record<string, string>> };
  const own = Object.entries(options).filter(([name]) => !leftOut.includes(name));
  const texts = [...own, ...Object.entries(conf)].flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return [];
    return [[name, secretNames.test(name) ? hidden : typeof value === "string" ? value : JSON.stringify(value)]];
  });
  return Object.fromEntries(texts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A master without what its text may hold besides an address: tokens, headers. */
export function shownMaster(master: string): string {
  return master.replace(/^(sc:\/\/[^/;]*).*$/s, "$1");
}
