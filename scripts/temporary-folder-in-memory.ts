// Loaded by `--import` where fast tests run: their files go to a folder in memory where the system has one, since most of a job's time
// with a checkpoint is waiting for the disk. What has to stand the loss of power is tested elsewhere.
import { accessSync, constants, statfsSync } from "node:fs";

const folder = "/dev/shm";
const neededBytes = 1024 ** 3;

if (hasRoom()) process.env.TMPDIR = folder;

function hasRoom(): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= neededBytes;
  } catch {
    return false;
  }
}
