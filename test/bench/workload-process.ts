import type { WorkloadAnswer, WorkloadOrder } from "./run-workload.ts";
import type { Measurements } from "./workload.ts";
import { workloads } from "./workloads.ts";

/** One workload in a process of its own: it gets an order, gives an answer, and ends. */
async function measure({ workload: name, run, peer }: WorkloadOrder): Promise<Measurements> {
  const workload = workloads.find((each) => each.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  if (peer === undefined) return workload.measure(run);
  if (workload.measurePeer === undefined) throw new Error(`${name} cannot be measured on a peer`);
  return workload.measurePeer(run, peer);
}

process.once("message", (order: WorkloadOrder) => {
  const answer = (said: WorkloadAnswer): void => {
    process.send!(said);
    process.disconnect();
  };
  measure(order).then(
    (measurements) => answer({ measurements }),
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
