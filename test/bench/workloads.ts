import type { Workload } from "./workload.ts";
import { apiFlood } from "./workloads/api-flood.ts";
import { apiGet, apiList } from "./workloads/api-read.ts";
import { apiWatch } from "./workloads/api-watch.ts";
import { apiChange, apiCreate } from "./workloads/api-write.ts";
import { authorize } from "./workloads/authorize.ts";
import { programIdle } from "./workloads/program-idle.ts";
import { programPods } from "./workloads/program-pods.ts";
import { programStart } from "./workloads/program-start.ts";
import { simulatedNodes } from "./workloads/simulated.ts";
import { storeChurn } from "./workloads/store-churn.ts";
import { storeOpen } from "./workloads/store-open.ts";
import { storeWatch } from "./workloads/store-watch.ts";
import { storeManyWriters, storeOneWriter } from "./workloads/store-write.ts";

/** All workloads, in the order in which they run. */
export const workloads: readonly Workload[] = [
  storeOneWriter,
  storeManyWriters,
  storeWatch,
  storeOpen,
  storeChurn,
  apiGet,
  apiCreate,
  apiChange,
  apiList,
  apiWatch,
  apiFlood,
  authorize,
  programStart,
  programIdle,
  programPods,
  simulatedNodes,
];
