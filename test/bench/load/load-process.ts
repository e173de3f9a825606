import { errorMessage } from "../../../src/base/assert.ts";
import type { Job, Said } from "./job.ts";
import { runReads } from "./reads.ts";
import { runRequests } from "./requests.ts";
import { runSpin } from "./spin.ts";
import { runSync } from "./sync.ts";
import { runWatchers } from "./watchers.ts";

/** A process of its own, so that load and server do not share a thread. It does one job and ends. */
function say(said: Said): void {
  process.send!(said);
}

function run(job: Job): Promise<unknown> {
  switch (job.kind) {
    case "requests":
      return runRequests(job);
    case "reads":
      return runReads(job);
    case "watchers":
      return runWatchers(job, () => say({ ready: true }));
    case "sync":
      return runSync(job);
    case "spin":
      return runSpin(job);
  }
}

process.once("message", (job: Job) => {
  run(job).then(
    (result) => {
      say({ result });
      process.disconnect();
    },
    (error: unknown) => {
      say({ error: errorMessage(error) });
      process.disconnect();
    },
  );
});
