import { identityOf } from "../pods/pod.ts";
import type { PodCgroups } from "./pod-cgroups.ts";

/** For nodes whose containers do not really run. */
export const noCgroups: PodCgroups = {
  limitsNothing: true,
  parent: (pod) => `/kubepods/pod${identityOf(pod).uid}`,
  ensure: async () => {},
  raise: async () => {},
  lower: async () => {},
  memory: async () => undefined,
  enforceNode: async () => {},
  shareProcessor: async () => {},
  remove: async () => {},
};
