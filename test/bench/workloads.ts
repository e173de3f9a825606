import type { Workload } from "./workload.ts";
import { apiCustom } from "./workloads/api-custom.ts";
import { apiFlood } from "./workloads/api-flood.ts";
import { apiInformers } from "./workloads/api-informers.ts";
import { apiMemory } from "./workloads/api-memory.ts";
import { apiMixed } from "./workloads/api-mixed.ts";
import { apiGet, apiList, apiListLong } from "./workloads/api-read.ts";
import { apiWatch } from "./workloads/api-watch.ts";
import { apiChange, apiCreate } from "./workloads/api-write.ts";
import { authorize } from "./workloads/authorize.ts";
import { controlPlaneIdle, programIdle } from "./workloads/program-idle.ts";
import { programPods } from "./workloads/program-pods.ts";
import { programStart } from "./workloads/program-start.ts";
import { simulatedNodes } from "./workloads/simulated.ts";
import { simulatedLarge, simulatedThousand } from "./workloads/simulated-clusters.ts";
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
  apiCustom,
  apiList,
  apiListLong,
  apiWatch,
  apiInformers,
  apiMixed,
  apiFlood,
  apiMemory,
  authorize,
  programStart,
  controlPlaneIdle,
  programIdle,
  programPods,
  simulatedNodes,
  simulatedThousand,
  simulatedLarge,
];
