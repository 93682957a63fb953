// A job that was bundled into one file has its modules and this package not as files but in two registries of the process: what
// the bundle brings, by the URL that the module had where it was bundled, and what the program that loads the bundle brings.

/** Names of symbols (`Symbol.for`): modules of the bundle by URL, each with a function that imports it. */
export const bundledModulesKey = "dstream.job-modules";
/** Modules of this package by the name a job imports them by. */
export const ownModulesKey = "dstream.modules";

type Bundled = Readonly<Record<string, () => Promise<Record<string, unknown>>>>;

/** Imports a module of the job by its URL: from the job's bundle when it is there, else from its file. */
export function importJobModule(url: string): Promise<Record<string, unknown>> {
  const bundled = (globalThis as Record<symbol, Bundled | undefined>)[Symbol.for(bundledModulesKey)];
  return bundled?.[url]?.() ?? import(url);
}
