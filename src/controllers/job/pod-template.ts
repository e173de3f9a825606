import type { Job } from "../../api/generated/batch/v1.ts";
import type { Container, Pod, PodTemplateSpec } from "../../api/generated/core/v1.ts";
import { JOB_FINALIZER } from "../pod-control/pod-informer.ts";
import { judgeFailure } from "./failure-policy.ts";
import {
  COMPLETION_INDEX,
  failureCount,
  hasLimitPerIndex,
  INDEX_FAILURE_COUNT,
  INDEX_IGNORED_FAILURE_COUNT,
  ignoredFailureCount,
} from "./job-pods.ts";

const LONGEST_GENERATED_BASE = 58;

/** The job's template for a new pod. @param replaced the failed pod of the index whose failure count goes on. Pure */
export function templateFor(job: Job, index: number | undefined, replaced: Pod | undefined): PodTemplateSpec {
  const template = job.spec!.template;
  const finalizers = [...(template.metadata?.finalizers ?? []).filter((each) => each !== JOB_FINALIZER), JOB_FINALIZER];
  if (index === undefined) return { ...template, metadata: { ...template.metadata, finalizers } };
  const spec = template.spec!;
  return {
    metadata: {
      ...template.metadata,
      finalizers,
      labels: { ...template.metadata?.labels, [COMPLETION_INDEX]: String(index) },
      annotations: {
        ...template.metadata?.annotations,
        [COMPLETION_INDEX]: String(index),
        ...(hasLimitPerIndex(job) ? failureCounts(job, replaced) : {}),
      },
    },
    spec: {
      ...spec,
      hostname: `${job.metadata?.name}-${index}`,
      containers: spec.containers.map(withIndexVariable),
      initContainers: spec.initContainers?.map(withIndexVariable),
    },
  };
}

/** What the pod's name starts with. */
export function generateNameFor(job: Job, index: number | undefined): string {
  const name = job.metadata?.name ?? "";
  if (index === undefined) return `${name}-`;
  const end = `-${index}-`;
  return name.slice(0, LONGEST_GENERATED_BASE - end.length) + end;
}

function withIndexVariable(container: Container): Container {
  const name = "JOB_COMPLETION_INDEX";
  if (container.env?.some((variable) => variable.name === name)) return container;
  const fieldPath = `metadata.labels['${COMPLETION_INDEX}']`;
  return { ...container, env: [...(container.env ?? []), { name, valueFrom: { fieldRef: { fieldPath } } }] };
}

function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  const counts = replaced !== undefined && judgeFailure(job, replaced).counts;
  const failures = (replaced === undefined ? 0 : failureCount(replaced)) + (counts ? 1 : 0);
  const ignored = replaced === undefined ? 0 : ignoredFailureCount(replaced) + (counts ? 0 : 1);
  return {
    [INDEX_FAILURE_COUNT]: String(failures),
    ...(ignored > 0 ? { [INDEX_IGNORED_FAILURE_COUNT]: String(ignored) } : {}),
  };
}
