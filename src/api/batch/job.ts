import { ageColumn, containerColumns, nameColumn, textColumn, wide } from "../columns.ts";
import { isConditionTrue } from "../conditions.ts";
import { setPodTemplateDefaults } from "../core/pod-template.ts";
import { isChanged, nameWarnings } from "../core/workload-warnings.ts";
import type { Job, JobSpec } from "../generated/batch/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { humanDuration } from "../human-duration.ts";
import { defineKind } from "../kind.ts";
import { formatLabelSelector } from "../selectors.ts";
import { CONTROLLER_UID, generatedLabels } from "./job-labels.ts";
import { jobSpecWarnings } from "./job-warnings.ts";
import { validateJob, validateJobCreate } from "./validate-job.ts";
import { validateJobStatus } from "./validate-job-status.ts";
import { validateJobUpdate } from "./validate-job-update.ts";

const INT32_MAX = 2147483647;

export const jobKind = defineKind<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  setDefaults(job) {
    setJobSpecDefaults((job.spec ??= {} as JobSpec));
    takeTemplateLabels(job);
  },
  prepareForCreate(job) {
    job.status = {};
    generateSelector(job);
    takeTemplateLabels(job);
  },
  validate: validateJob,
  validateCreate: validateJobCreate,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatus,
  defaultPropagation: "orphan",
  orphaningWarning:
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  warnings: (job, old) => [
    ...(old === undefined ? nameWarnings(job.metadata, "workload") : []),
    ...(isChanged(job, old) ? jobSpecWarnings(job.spec, "spec") : []),
  ],
  columns: [
    nameColumn,
    textColumn<Job>("Status", "Status of the job.", jobStatus),
    textColumn<Job>("Completions", columnTexts["batch.v1.JobStatus.succeeded"], completions),
    textColumn<Job>("Duration", "Time required to complete the job.", ({ status }, nowMs) => {
      if (status?.startTime === undefined) return "";
      const end = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
      return humanDuration(end - Date.parse(status.startTime));
    }),
    ageColumn,
    ...containerColumns<Job>(({ spec }) => spec?.template),
    wide(
      textColumn<Job>("Selector", columnTexts["batch.v1.JobSpec.selector"], ({ spec }) =>
        formatLabelSelector(spec?.selector),
      ),
    ),
  ],
  selectableFields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
});

/** A job without labels has those of its template, those that the API server gives to pods among them. */
function takeTemplateLabels(job: Job): void {
  const labels = job.spec?.template?.metadata?.labels;
  if (labels === undefined || Object.keys(job.metadata?.labels ?? {}).length > 0) return;
  job.metadata = { ...job.metadata, labels: { ...labels } };
}

/** Defaults of a job's spec, in a job. */
function setJobSpecDefaults(spec: JobSpec): void {
  setPodTemplateDefaults((spec.template ??= {}));
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : INT32_MAX;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
  }
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
}

/**
 * Labels the pods with the job's uid and name and selects them by uid, unless the client does that itself. What the client
 * wrote stays: validation refuses what does not fit.
 */
function generateSelector({ spec, metadata }: Job): void {
  if (spec === undefined || spec.manualSelector === true || spec.template === undefined) return;
  const uid = metadata?.uid ?? "";
  const meta = (spec.template.metadata ??= {});
  meta.labels = { ...generatedLabels(uid, metadata?.name ?? ""), ...meta.labels };
  spec.selector = {
    ...spec.selector,
    matchLabels: { [CONTROLLER_UID]: uid, ...spec.selector?.matchLabels },
  };
}

function jobStatus(job: Job): string {
  const conditions = job.status?.conditions;
  if (isConditionTrue(conditions, "Complete")) return "Complete";
  if (isConditionTrue(conditions, "Failed")) return "Failed";
  if (job.metadata?.deletionTimestamp !== undefined) return "Terminating";
  if (isConditionTrue(conditions, "Suspended")) return "Suspended";
  return isConditionTrue(conditions, "FailureTarget") ? "FailureTarget" : "Running";
}

function completions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}
