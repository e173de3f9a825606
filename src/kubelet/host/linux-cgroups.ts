import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Logger } from "../../base/log.ts";
import { identityOf } from "../pods/pod.ts";
import { cpuQuota, cpuShares, podLimits, podRequests, qosClass } from "../pods/resources.ts";
import { cgroupHierarchies, removeCgroups } from "./cgroups.ts";
import type { PodCgroups } from "./pod-cgroups.ts";

const QOS_DIRECTORIES = { Guaranteed: "", Burstable: "burstable", BestEffort: "besteffort" } as const;
const CONTROLLERS_V2 = "+cpu +memory +pids";

/**
 * Cgroups of pods below `root` (e.g. `/wherry-1234`), as upstream names them: `kubepods/burstable/pod<uid>`. Their limits
 * are set here; those of containers are the runtime's.
 */
export function createPodCgroups(root: string, log: Logger): PodCgroups {
  const parent = (pod: Pod): string =>
    join(root, "kubepods", QOS_DIRECTORIES[qosClass(pod)], `pod${identityOf(pod).uid}`);
  return {
    parent,
    async ensure(pod) {
      const { unified, roots } = await cgroupHierarchies();
      const values = unified ? valuesV2(pod) : valuesV1(pod);
      for (const hierarchy of roots) {
        // The hierarchy that only groups processes, and named ones, have no limits.
        const wanted = Object.entries(values).filter(
          ([, { controller }]) => unified || hierarchy.endsWith(`/${controller}`),
        );
        if (wanted.length === 0) continue;
        const path = join(hierarchy, parent(pod));
        try {
          await mkdir(path, { recursive: true });
          if (unified) await enableControllers(hierarchy, parent(pod));
          for (const [file, { value }] of wanted) await writeFile(join(path, file), value);
        } catch (error) {
          log.debug("cannot set a pod's cgroup limits", { path, error: errorMessage(error) });
        }
      }
    },
    async remove({ uid }) {
      const places = Object.values(QOS_DIRECTORIES).map((directory) => join(root, "kubepods", directory, `pod${uid}`));
      await Promise.all(places.map((place) => removeCgroups(place, log)));
    },
  };
}

type Values = Record<string, { controller: string; value: string }>;

function valuesV1(pod: Pod): Values {
  const limits = podLimits(pod);
  const quota = cpuQuota(limits.cpu ?? 0);
  return {
    "cpu.shares": { controller: "cpu", value: String(cpuShares(podRequests(pod).cpu ?? 0)) },
    ...(quota > 0 && { "cpu.cfs_quota_us": { controller: "cpu", value: String(quota) } }),
    ...(limits.memory && { "memory.limit_in_bytes": { controller: "memory", value: String(limits.memory) } }),
  };
}

function valuesV2(pod: Pod): Values {
  const limits = podLimits(pod);
  const quota = cpuQuota(limits.cpu ?? 0);
  const shares = cpuShares(podRequests(pod).cpu ?? 0);
  // The kernel's documented conversion of shares [2, 262144] to weight [1, 10000].
  const weight = 1 + Math.floor(((shares - 2) * 9999) / 262_142);
  return {
    "cpu.weight": { controller: "cpu", value: String(weight) },
    ...(quota > 0 && { "cpu.max": { controller: "cpu", value: `${quota} 100000` } }),
    ...(limits.memory && { "memory.max": { controller: "memory", value: String(limits.memory) } }),
  };
}

/** With cgroup v2 each group must hand the controllers down to its children. */
async function enableControllers(hierarchy: string, path: string): Promise<void> {
  let current = hierarchy;
  for (const part of ["", ...path.split("/").filter((piece) => piece !== "")]) {
    current = join(current, part);
    const file = join(current, "cgroup.subtree_control");
    const enabled = await readFile(file, "utf8").catch(() => "");
    if (CONTROLLERS_V2.split(" ").every((name) => enabled.includes(name.slice(1)))) continue;
    await writeFile(file, CONTROLLERS_V2).catch(() => {});
  }
}
