import { homedir } from "node:os";
import { join } from "node:path";

/** Where things that can be made or fetched again are kept between runs: `DSTREAM_CACHE`, else `dstream` in the user's cache folder. */
export function cacheFolder(): string {
  const { DSTREAM_CACHE, XDG_CACHE_HOME } = process.env;
  return DSTREAM_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "dstream");
}
