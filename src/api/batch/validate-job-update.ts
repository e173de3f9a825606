import { isConditionTrue } from "../conditions.ts";
import { type FieldError, invalid } from "../field-error.ts";
import type { Job, JobSpec } from "../generated/batch/v1.ts";
import type { Container, PodSpec } from "../generated/core/v1.ts";
import { immutable } from "../object-meta.ts";

/** What is wrong with a change of a job: its pods are what they are. */
export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const [spec, before] = [job.spec, old.spec];
  return [
    ...validateCompletions(spec, before),
    ...immutable(spec?.selector, before?.selector, "spec.selector"),
    ...validateTemplateUpdate(job, old),
    ...immutable(spec?.completionMode, before?.completionMode, "spec.completionMode"),
    ...immutable(spec?.podFailurePolicy, before?.podFailurePolicy, "spec.podFailurePolicy"),
    ...immutable(spec?.backoffLimitPerIndex, before?.backoffLimitPerIndex, "spec.backoffLimitPerIndex"),
    ...immutable(spec?.managedBy, before?.managedBy, "spec.managedBy"),
    ...immutable(spec?.successPolicy, before?.successPolicy, "spec.successPolicy"),
  ];
}

/** A job with indexes can grow and shrink, as long as all of them run at once. */
function validateCompletions(spec: JobSpec | undefined, before: JobSpec | undefined): FieldError[] {
  const field = "spec.completions";
  const completions = spec?.completions;
  if (spec?.completionMode !== "Indexed") return immutable(completions, before?.completions, field);
  if (completions === undefined || completions === before?.completions || completions === spec.parallelism) return [];
  return [invalid(field, completions, "can only be modified in tandem with spec.parallelism")];
}

/** Suspended, with no pod left, and before it started or known to be suspended. */
const isIdle = ({ spec, status }: Job): boolean =>
  spec?.suspend === true &&
  (status?.active ?? 0) === 0 &&
  (status?.startTime === undefined || isConditionTrue(status.conditions, "Suspended"));

/** While the job is idle its pods may get other labels, places and resources. */
function validateTemplateUpdate({ spec }: Job, old: Job): FieldError[] {
  const [template, before] = [spec?.template, old.spec?.template];
  if (!isIdle(old)) return immutable(template, before, "spec.template");
  const field = "spec.template.spec";
  if (immutable(fixedPodSpec(template?.spec), fixedPodSpec(before?.spec), field).length === 0) return [];
  return [invalid(field, template?.spec, "field is immutable")];
}

function fixedPodSpec(spec: PodSpec | undefined): unknown {
  if (spec === undefined) return undefined;
  const { nodeSelector: _selector, tolerations: _tolerations, schedulingGates: _gates, ...rest } = spec;
  const { nodeAffinity: _nodes, ...affinity } = rest.affinity ?? {};
  const fixed = (containers: readonly Container[] | undefined) =>
    containers?.map(({ resources: _resources, ...container }) => container);
  return {
    ...rest,
    affinity: Object.keys(affinity).length === 0 ? undefined : affinity,
    containers: fixed(rest.containers),
    initContainers: fixed(rest.initContainers),
  };
}
