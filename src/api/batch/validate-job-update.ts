import { isConditionTrue } from "../conditions.ts";
import { type FieldError, invalid } from "../field-error.ts";
import type { Job, JobSpec } from "../generated/batch/v1.ts";
import type { Container, PodSpec } from "../generated/core/v1.ts";
import { immutable } from "../object-meta.ts";

/** What is wrong with a change of a job: its pods are what they are. */
export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const [spec, before] = [job.spec, old.spec];
  const mayMove = isIdle(old);
  return [
    ...validateCompletions(spec, before),
    ...immutable(spec?.selector, before?.selector, "spec.selector"),
    ...immutable(fixedTemplate(spec, mayMove), fixedTemplate(before, mayMove), "spec.template"),
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
  if (completions === before?.completions || completions === spec.parallelism) return [];
  return [invalid(field, completions ?? "null", "can only be modified in tandem with spec.parallelism")];
}

/** Suspended before it started, or known to be suspended with no pod left. */
const isIdle = ({ spec, status }: Job): boolean =>
  spec?.suspend === true &&
  (status?.startTime === undefined || ((status.active ?? 0) === 0 && isConditionTrue(status.conditions, "Suspended")));

/** The template without what says where pods of an idle job may run, and with how much. */
function fixedTemplate(spec: JobSpec | undefined, mayMove: boolean): unknown {
  const template = spec?.template;
  if (!mayMove || template === undefined) return template;
  const { labels: _labels, annotations: _annotations, ...metadata } = template.metadata ?? {};
  return { ...template, metadata, spec: fixedPodSpec(template.spec) };
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
