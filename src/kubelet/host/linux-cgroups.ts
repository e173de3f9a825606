import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Pod } from "../../api/generated/core/v1.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Logger } from "../../base/log.ts";
import { identityOf } from "../pods/pod.ts";
import { cpuQuota, cpuShares, podLimits, podRequests, qosClass } from "../pods/resources.ts";
import { cgroupHierarchies, removeCgroups } from "./cgroups.ts";
import { amountIn, type GroupLimits, type LimitFile, limitFiles } from "./group-limits.ts";
import type { PodCgroups, PodResource } from "./pod-cgroups.ts";

const QOS_DIRECTORIES = { Guaranteed: "", Burstable: "burstable", BestEffort: "besteffort" } as const;
const CONTROLLERS_V2 = "+cpu +memory +pids";
const SHARES_PER_CPU = 1024;
const LEAST_SHARES = 2;

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
    raise: (pod, resource) => moveLimits(parent(pod), podGroup(pod), { resource, sign: 1 }),
    lower: (pod, resource) => moveLimits(parent(pod), podGroup(pod), { resource, sign: -1 }),
    memory: (pod) => memoryOf(parent(pod)),
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

/** Calls for the directory of the group and its limits in each hierarchy that limits something. Rejects with the first refusal. */
async function inHierarchies(
  group: string,
  limits: GroupLimits,
  act: (path: string, files: readonly LimitFile[], hierarchy: string, unified: boolean) => Promise<void>,
): Promise<void> {
  const { unified, roots } = await cgroupHierarchies();
  const all = limitFiles(limits, unified);
  const refused: unknown[] = [];
  for (const hierarchy of roots) {
    // The hierarchy that only groups processes, and named ones, have no limits.
    const files = all.filter(({ controller }) => unified || hierarchy.endsWith(`/${controller}`));
    if (files.length === 0) continue;
    await act(join(hierarchy, group), files, hierarchy, unified).catch((error) => refused.push(error));
  }
  if (refused.length > 0) throw refused[0];
}

/** Makes the group, and sets its limits. */
function setLimits(group: string, limits: GroupLimits): Promise<void> {
  return inHierarchies(group, limits, async (path, files, hierarchy, unified) => {
    await mkdir(path, { recursive: true });
    if (unified) await enableControllers(hierarchy, group);
    for (const { name, value } of files) await writeFile(join(path, name), value);
  });
}

/** Sets those limits on a resource of a group that are more (1) or less (-1) than now. */
function moveLimits(group: string, limits: GroupLimits, to: { resource: PodResource; sign: 1 | -1 }): Promise<void> {
  return inHierarchies(group, limits, async (path, files) => {
    const all = files.filter(({ controller }) => controller === to.resource);
    for (const { name, value, amount } of to.sign > 0 ? all : all.reverse()) {
      const now = amountIn(await readFile(join(path, name), "utf8"));
      if (Math.sign(amount - now) === to.sign) await writeFile(join(path, name), value);
    }
  });
}

async function memoryOf(group: string): Promise<{ limitBytes: number; usageBytes: number } | undefined> {
  const { unified, roots } = await cgroupHierarchies();
  const hierarchy = unified ? roots[0] : roots.find((root) => root.endsWith("/memory"));
  if (hierarchy === undefined) return undefined;
  const [limit, usage] = unified
    ? ["memory.max", "memory.current"]
    : ["memory.limit_in_bytes", "memory.usage_in_bytes"];
  const amount = async (name: string) => amountIn(await readFile(join(hierarchy, group, name), "utf8"));
  return { limitBytes: await amount(limit!), usageBytes: await amount(usage!) };
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
