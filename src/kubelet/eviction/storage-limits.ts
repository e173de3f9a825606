import type { Pod } from "../../api/generated/core/v1.ts";
import { quantityValue } from "../../api/quantity.ts";
import { podLimits } from "../pods/resources.ts";
import { diskBytes, type PodUsage } from "./usage.ts";

const EPHEMERAL = "ephemeral-storage";

/** Whether the pod's use of the disk is limited by anything, so that it has to be looked at. */
export function hasStorageLimits(pod: Pod): boolean {
  const { volumes = [], containers = [] } = pod.spec ?? {};
  return (
    volumes.some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined && quantityValue(emptyDir.sizeLimit) > 0) ||
    containers.some(({ resources }) => resources?.limits?.[EPHEMERAL] !== undefined)
  );
}

/** Why a pod goes for using more of the disk than it may; undefined when it does not. Pure, in upstream's words. */
export function exceededStorage(pod: Pod, usage: PodUsage, options: { ownImageDisk: boolean }): string | undefined {
  return exceededVolume(pod, usage) ?? exceededPod(pod, usage) ?? exceededContainer(pod, usage, options);
}

function exceededVolume(pod: Pod, { volumeBytes }: PodUsage): string | undefined {
  for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || quantityValue(limit) <= 0) continue;
    if ((volumeBytes.get(name) ?? 0) > quantityValue(limit)) {
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
    }
  }
  return undefined;
}

function exceededPod(pod: Pod, usage: PodUsage): string | undefined {
  const limit = podLimits(pod)[EPHEMERAL];
  if (limit === undefined || diskBytes(usage, pod, { layers: true, logsAndVolumes: true }) <= limit) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${limitText(pod, limit)}. `;
}

/** As it is written when one container alone has it. */
function limitText(pod: Pod, limit: number): string {
  const written = (pod.spec?.containers ?? []).map(({ resources }) => resources?.limits?.[EPHEMERAL]);
  return written.length === 1 && written[0] !== undefined ? written[0] : String(limit);
}

/** The runtime's logs are those of the whole pod here: a container is judged by its own layer. */
function exceededContainer(
  pod: Pod,
  { containers }: PodUsage,
  { ownImageDisk }: { ownImageDisk: boolean },
): string | undefined {
  if (ownImageDisk) return undefined;
  for (const { name, resources } of pod.spec?.containers ?? []) {
    const limit = resources?.limits?.[EPHEMERAL];
    const used = containers.find((container) => container.name === name)?.rootBytes ?? 0;
    if (limit === undefined || quantityValue(limit) === 0 || used <= quantityValue(limit)) continue;
    return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}
