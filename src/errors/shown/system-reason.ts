import { messageOf, nodeCodeOf } from "./thrown.ts";

/** What the system's codes mean, and what a person can do. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied; give the user that the job runs as the right to it",
  EPERM: "not permitted; give the user that the job runs as the right to it, or choose another place",
  EROFS: "the file system is read-only; mount it writable, or choose another place",
  ENOSPC: "no space is left; free some, or choose another place",
  EDQUOT: "the quota is used up; free some, or choose another place",
  ENOTDIR: "a part of the path is a file, not a folder; correct the path",
  ENOTSUP: "the system takes no files or folders there; choose another place",
  EISDIR: "it is a folder, not a file; correct the path",
  ENOENT: "no such file or folder; correct the path",
  ENAMETOOLONG: "the name is too long; choose a shorter one",
  ELOOP: "symbolic links lead in a circle; correct the path",
  EMFILE: "the process has too many open files; raise its limit (ulimit -n)",
  ENFILE: "the system has too many open files",
  EBUSY: "something else is using it",
};

/** Why the system refused a file or folder: its code, what that means, what to do. */
export function systemReason(cause: unknown): string {
  const code = nodeCodeOf(cause);
  const known = code === undefined ? undefined : reasons[code];
  if (known !== undefined) return `${code} (${known})`;
  return code ?? messageOf(cause);
}
