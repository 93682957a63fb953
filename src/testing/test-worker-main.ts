import { serveTestJobs } from "./serve-test-jobs.ts";

// What workers load in place of a job's file when test jobs run. It is bundled as any job is, so it imports nothing else.

await serveTestJobs(JSON.parse(process.argv[2] ?? "{}"));
