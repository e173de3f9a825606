import type { Container, Pod } from "../generated/core/v1.ts";

/** Where a quota limits these, every container must say what it wants: so it began, and cannot change. */
const MUST_BE_SAID = ["cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"];

/**
 * What a pod fails to say that quotas over these names ask of it: `must specify limits.cpu for: a,b; …` (upstream:
 * podEvaluator.Constraints). Undefined when it says everything.
 */
export function missingFromPod(pod: Pod, names: readonly string[]): string | undefined {
  const required = MUST_BE_SAID.filter((name) => names.includes(name));
  const texts = required.flatMap((name) => {
    if (isSaid(pod.spec?.resources, name)) return [];
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
      .filter(({ resources }) => !isSaid(resources, name))
      .map((container) => container.name);
    return containers.length === 0 ? [] : [`${name} for: ${[...new Set(containers)].sort().join(",")}`];
  });
  return texts.length === 0 ? undefined : `must specify ${texts.join("; ")}`;
}

function isSaid(resources: Container["resources"], name: string): boolean {
  const [list, resource] = name.includes(".") ? name.split(".", 2) : ["requests", name];
  const amounts = list === "limits" ? resources?.limits : resources?.requests;
  return resource !== undefined && amounts?.[resource] !== undefined;
}
