import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** The folders of one run of Spark. */
export interface WorkFolder {
  readonly path: string;
  /** A Spark home of links, since `local-cluster` writes its executors' folders into its home. */
  readonly home: string;
  readonly temporary: string;
  readonly logFile: string;
}

export function makeWorkFolder(path: string, sparkHome: string): WorkFolder {
  const [home, temporary] = [join(path, "home"), join(path, "tmp")];
  for (const folder of [home, temporary]) mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(sparkHome)) symlinkSync(join(sparkHome, entry), join(home, entry));
  return { path, home, temporary, logFile: join(path, "spark.log") };
}
