/** The address of something that is served beside the page: a job that has ended has a folder of its own. */
export function api(path: string): string {
  return new URL(`api/v1/${path}`, document.baseURI).href;
}
