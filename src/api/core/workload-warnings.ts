import type { PodTemplateSpec } from "../generated/core/v1.ts";
import type { ApiObject, ObjectMeta } from "../meta.ts";
import { dnsLabelErrors } from "../names.ts";
import { podWarnings } from "./pod-warnings.ts";

/** The warning for a name that becomes (part of) the names of pods and hosts, and is no DNS label. */
export function nameWarnings(metadata: ObjectMeta | undefined, kind: "Pod" | "workload"): string[] {
  const name = metadata?.name ?? "";
  const wrong = dnsLabelErrors(name);
  if (wrong.length === 0) return [];
  const where = kind === "Pod" ? "the Pod's hostname" : "Pod names and hostnames";
  return [
    `metadata.name: this is used in ${where}, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(" ")}]`,
  ];
}

/** Whether there is something to say: of what is new, and of what an update has changed beside metadata and status. */
export const isChanged = (object: ApiObject, old: ApiObject | undefined): boolean =>
  old === undefined || object.metadata?.generation !== old.metadata?.generation;

/** What is unwise in a template. @param prefix its path with a dot behind it */
export function templateWarnings(template: PodTemplateSpec | undefined, prefix: string): string[] {
  return template === undefined ? [] : podWarnings(template, prefix);
}

/** The same for a workload that has one, and gives its pods its name. */
export function workloadWarnings(object: Workload, old: Workload | undefined): string[] {
  return [
    ...(old === undefined ? nameWarnings(object.metadata, "workload") : []),
    ...(isChanged(object, old) ? templateWarnings(object.spec?.template, "spec.template.") : []),
  ];
}

interface Workload extends ApiObject {
  spec?: { template?: PodTemplateSpec };
}
