import type { Pod, Toleration } from "../../api/generated/core/v1.ts";
import type { RuntimeClass } from "../../api/generated/node.k8s.io/v1.ts";
import { runtimeClasses } from "../../api/generated/resources.ts";
import { compareQuantities, tryParseQuantity } from "../../api/quantity.ts";
import { atOnce } from "../../base/at-once.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { draftOf, isAbout, refuse } from "./refuse.ts";

/** Gives a pod the overhead, node selector and tolerations of its RuntimeClass. */
export function runtimeClass({ reader }: AdmissionDependencies): AdmissionPlugin {
  const classOf = (attributes: AdmissionAttributes): RuntimeClass | undefined | Promise<RuntimeClass | undefined> => {
    const name = draftOf<Pod>(attributes).spec?.runtimeClassName;
    if (name === undefined) return undefined;
    return atOnce(reader.get(runtimeClasses, undefined, name), (found) => {
      if (found === undefined) throw refuse(attributes, `pod rejected: RuntimeClass "${name}" not found`);
      return found;
    });
  };
  return {
    name: "RuntimeClass",
    handles: (attributes) => attributes.operation === "CREATE" && isAbout(attributes, "pods"),
    admit: (attributes) =>
      atOnce(classOf(attributes), (found) => {
        if (found === undefined) return;
        setOverhead(attributes, found);
        setScheduling(attributes, found);
      }),
    validate: (attributes) => atOnce(classOf(attributes), (found) => checkOverhead(attributes, found)),
  };
}

function checkOverhead(attributes: AdmissionAttributes, found: RuntimeClass | undefined): void {
  const overhead = draftOf<Pod>(attributes).spec?.overhead;
  if (overhead !== undefined && found?.overhead === undefined) {
    throw refuse(attributes, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
  }
  const fixed = found?.overhead?.podFixed;
  if (fixed !== undefined && !sameQuantities(overhead ?? {}, fixed)) throw overheadMismatch(attributes);
}

function setOverhead(attributes: AdmissionAttributes, { overhead }: RuntimeClass): void {
  const spec = draftOf<Pod>(attributes).spec!;
  const fixed = overhead?.podFixed;
  if (fixed === undefined) return;
  if (spec.overhead !== undefined && !sameQuantities(spec.overhead, fixed)) {
    throw overheadMismatch(attributes);
  }
  spec.overhead = { ...fixed };
}

function overheadMismatch(attributes: AdmissionAttributes): Error {
  return refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

function setScheduling(attributes: AdmissionAttributes, { scheduling }: RuntimeClass): void {
  if (scheduling === undefined) return;
  const spec = draftOf<Pod>(attributes).spec!;
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      const both = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
      throw refuse(attributes, `conflict: ${both}`);
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  const present = new Set((spec.tolerations ?? []).map(tolerationKey));
  const added = (scheduling.tolerations ?? []).filter((each) => !present.has(tolerationKey(each)));
  if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...added.map((each) => ({ ...each }))];
}

function sameQuantities(left: Record<string, string>, right: Record<string, string>): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => {
    const [a, b] = [tryParseQuantity(left[name]), tryParseQuantity(right[name])];
    return a !== undefined && b !== undefined && compareQuantities(a, b) === 0;
  });
}

function tolerationKey({ key, operator, value, effect, tolerationSeconds }: Toleration): string {
  return JSON.stringify([key ?? "", operator ?? "", value ?? "", effect ?? "", tolerationSeconds ?? null]);
}
