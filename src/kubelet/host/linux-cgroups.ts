import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Logger } from "../../base/log.ts";
import { identityOf } from "../pods/pod.ts";
import { cpuQuota, cpuShares, podLimits, podRequests, qosClass } from "../pods/resources.ts";
import { cgroupHierarchies, removeCgroups } from "./cgroups.ts";
import type { PodCgroups } from "./pod-cgroups.ts";

const QOS_DIRECTORIES = { Guaranteed: "", Burstable: "burstable", BestEffort: "besteffort" } as const;
const CONTROLLERS_V2 = "+cpu +memory +pids";
const SHARES_PER_CPU = 1024;
const LEAST_SHARES = 2;

/** What a group may use. A limit that is absent is left as it is. */
interface GroupLimits {
  readonly cpuShares: number;
  readonly cpuQuota?: number;
  readonly memoryBytes?: number | undefined;
}

/**
 * Cgroups of pods below `root` (e.g. `/wherry-1234`), as upstream names them: `kubepods/burstable/pod<uid>`. Their limits
 * are set here; those of containers are the runtime's.
 */
export function createPodCgroups(root: string, log: Logger): PodCgroups {
  const base = join(root, "kubepods");
  const parent = (pod: Pod): string => join(base, QOS_DIRECTORIES[qosClass(pod)], `pod${identityOf(pod).uid}`);
  let written: ReturnType<typeof qualityShares> | undefined;
  const complain = (group: string) => (error: unknown) =>
    log.debug("cannot set a cgroup's limits", { group, error: errorMessage(error) });
  return {
    parent,
    ensure: (pod) => setLimits(parent(pod), podGroup(pod)).catch(complain(parent(pod))),
    enforceNode: ({ cpus, memoryBytes }) => setLimits(base, { cpuShares: cpus * SHARES_PER_CPU, memoryBytes }),
    async shareProcessor(pods) {
      const shared = qualityShares(pods);
      if (isDeepStrictEqual(shared, written)) return;
      written = shared;
      for (const [quality, shares] of Object.entries(shared)) {
        const group = join(base, QOS_DIRECTORIES[quality as keyof typeof QOS_DIRECTORIES]);
        await setLimits(group, { cpuShares: shares }).catch(complain(group));
      }
    },
    async remove({ uid }) {
      const places = Object.values(QOS_DIRECTORIES).map((directory) => join(base, directory, `pod${uid}`));
      await Promise.all(places.map((place) => removeCgroups(place, log)));
    },
  };
}

/** As upstream: burstable pods have what they ask for together, those that ask for nothing have what others leave. */
export function qualityShares(pods: readonly Pod[]): { Burstable: number; BestEffort: number } {
  const burstable = pods.filter((pod) => qosClass(pod) === "Burstable");
  const milliCpu = burstable.reduce((sum, pod) => sum + (podRequests(pod).cpu ?? 0), 0);
  return { Burstable: cpuShares(milliCpu), BestEffort: LEAST_SHARES };
}

function podGroup(pod: Pod): GroupLimits {
  const limits = podLimits(pod);
  return {
    cpuShares: cpuShares(podRequests(pod).cpu ?? 0),
    cpuQuota: cpuQuota(limits.cpu ?? 0),
    memoryBytes: limits.memory,
  };
}

/** Makes the group in every hierarchy that limits something, and sets its limits. Rejects with the first that is refused. */
async function setLimits(group: string, limits: GroupLimits): Promise<void> {
  const { unified, roots } = await cgroupHierarchies();
  const values = unified ? valuesV2(limits) : valuesV1(limits);
  const refused: unknown[] = [];
  for (const hierarchy of roots) {
    // The hierarchy that only groups processes, and named ones, have no limits.
    const wanted = Object.entries(values).filter(
      ([, { controller }]) => unified || hierarchy.endsWith(`/${controller}`),
    );
    if (wanted.length === 0) continue;
    const path = join(hierarchy, group);
    try {
      await mkdir(path, { recursive: true });
      if (unified) await enableControllers(hierarchy, group);
      for (const [file, { value }] of wanted) await writeFile(join(path, file), value);
    } catch (error) {
      refused.push(error);
    }
  }
  if (refused.length > 0) throw refused[0];
}

type Values = Record<string, { controller: string; value: string }>;

function valuesV1({ cpuShares: shares, cpuQuota: quota = 0, memoryBytes }: GroupLimits): Values {
  return {
    "cpu.shares": { controller: "cpu", value: String(shares) },
    ...(quota > 0 && { "cpu.cfs_quota_us": { controller: "cpu", value: String(quota) } }),
    ...(memoryBytes && { "memory.limit_in_bytes": { controller: "memory", value: String(memoryBytes) } }),
  };
}

function valuesV2({ cpuShares: shares, cpuQuota: quota = 0, memoryBytes }: GroupLimits): Values {
  // The kernel's documented conversion of shares [2, 262144] to weight [1, 10000].
  const weight = 1 + Math.floor(((shares - 2) * 9999) / 262_142);
  return {
    "cpu.weight": { controller: "cpu", value: String(weight) },
    ...(quota > 0 && { "cpu.max": { controller: "cpu", value: `${quota} 100000` } }),
    ...(memoryBytes && { "memory.max": { controller: "memory", value: String(memoryBytes) } }),
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
