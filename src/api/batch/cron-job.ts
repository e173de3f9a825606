import { ageColumn, containerColumns, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { setPodTemplateDefaults } from "../core/pod-template.ts";
import { isChanged, nameWarnings } from "../core/workload-warnings.ts";
import { nonNegative } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { CronJob, CronJobSpec, JobSpec } from "../generated/batch/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { ageOf } from "../human-duration.ts";
import { defineKind } from "../kind.ts";
import { formatLabelSelector } from "../selectors.ts";
import { scheduleError } from "./cron-schedule.ts";
import { jobSpecWarnings } from "./job-warnings.ts";
import { validateJobSpec } from "./validate-job.ts";

const NAME_MAX = 52;
/** Of what older servers took. The path is upstream's. */
const ZONE_IN_SCHEDULE =
  "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";

export const cronJobKind = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  setDefaults(cronJob) {
    const spec = (cronJob.spec ??= {} as CronJobSpec);
    const jobSpec = ((spec.jobTemplate ??= {}).spec ??= {} as JobSpec);
    setPodTemplateDefaults((jobSpec.template ??= {}));
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
  },
  prepareForCreate(cronJob) {
    cronJob.status = {};
  },
  validate: validateCronJob,
  validateCreate({ metadata }) {
    const name = metadata?.name ?? "";
    // Jobs are named after their cron job and a number of eleven digits.
    return name.length > NAME_MAX
      ? [invalid("metadata.name", name, `must be no more than ${NAME_MAX} characters`)]
      : [];
  },
  warnings: (cronJob, old) => [
    ...(old === undefined ? nameWarnings(cronJob.metadata, "workload") : []),
    ...(isChanged(cronJob, old) ? jobSpecWarnings(cronJob.spec?.jobTemplate?.spec, "spec.jobTemplate.spec") : []),
    ...(cronJob.spec?.schedule?.includes("TZ") ? [ZONE_IN_SCHEDULE] : []),
  ],
  columns: [
    nameColumn,
    textColumn<CronJob>("Schedule", columnTexts["batch.v1.CronJobSpec.schedule"], ({ spec }) => spec?.schedule ?? ""),
    textColumn<CronJob>(
      "Timezone",
      columnTexts["batch.v1.CronJobSpec.timeZone"],
      ({ spec }) => spec?.timeZone ?? "<none>",
    ),
    {
      name: "Suspend",
      type: "boolean",
      description: columnTexts["batch.v1.CronJobSpec.suspend"],
      cell: ({ spec }) => (spec?.suspend === undefined ? "<unset>" : spec.suspend ? "True" : "False"),
    },
    integerColumn<CronJob>(
      "Active",
      columnTexts["batch.v1.CronJobStatus.active"],
      ({ status }) => status?.active?.length,
    ),
    textColumn<CronJob>("Last Schedule", columnTexts["batch.v1.CronJobStatus.lastScheduleTime"], ({ status }, nowMs) =>
      status?.lastScheduleTime === undefined ? "<none>" : ageOf(status.lastScheduleTime, nowMs),
    ),
    ageColumn,
    ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template),
    wide(
      textColumn<CronJob>("Selector", columnTexts["batch.v1.JobSpec.selector"], ({ spec }) =>
        formatLabelSelector(spec?.jobTemplate?.spec?.selector),
      ),
    ),
  ],
  // Accepted as of jobs; cron jobs have no such number.
  selectableFields: { "status.successful": () => "" },
});

const CONCURRENCY_POLICIES = ["Allow", "Forbid", "Replace"];

function validateCronJob({ spec }: CronJob, old?: CronJob): FieldError[] {
  const { schedule = "", timeZone, concurrencyPolicy: policy } = spec ?? {};
  const errors = schedule === "" ? [required("spec.schedule")] : validateSchedule(schedule, timeZone, old);
  errors.push(...nonNegative(spec?.startingDeadlineSeconds, "spec.startingDeadlineSeconds"));
  if (timeZone !== undefined && timeZone !== old?.spec?.timeZone) errors.push(...validateTimeZone(timeZone));
  if (!policy) errors.push(required("spec.concurrencyPolicy"));
  else if (!CONCURRENCY_POLICIES.includes(policy)) {
    errors.push(notSupported("spec.concurrencyPolicy", policy, CONCURRENCY_POLICIES));
  }
  const template = spec?.jobTemplate?.spec;
  errors.push(...validateJobSpec(template, "spec.jobTemplate.spec", old?.spec?.jobTemplate?.spec));
  if (template?.selector !== undefined) {
    errors.push(invalid("spec.jobTemplate.spec.selector", template.selector, "`selector` will be auto-generated"));
  }
  if (template?.manualSelector === true) {
    errors.push(notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]));
  }
  return [
    ...errors,
    ...nonNegative(spec?.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit"),
    ...nonNegative(spec?.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit"),
  ];
}

/** A zone inside the schedule may stay where it was before there was a field for it. */
function validateSchedule(schedule: string, timeZone: string | undefined, old: CronJob | undefined): FieldError[] {
  const field = "spec.schedule";
  const errors: FieldError[] = [];
  const zone = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(schedule);
  const wrong =
    zone !== null && !isTimeZone(zone[1]!)
      ? `provided bad location ${zone[1]}: unknown time zone ${zone[1]}`
      : scheduleError(zone?.[2] ?? schedule);
  if (wrong !== undefined) errors.push(invalid(field, schedule, wrong));
  if (!schedule.includes("TZ")) return errors;
  if (old?.spec?.schedule?.includes("TZ") !== true) {
    const message = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    errors.push(invalid(field, schedule, message));
  } else if (timeZone !== undefined) {
    errors.push(invalid(field, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule"));
  }
  return errors;
}

function validateTimeZone(name: string): FieldError[] {
  const field = "spec.timeZone";
  if (name === "") return [invalid(field, name, "timeZone must be nil or non-empty string")];
  const errors: FieldError[] = [];
  if (name.toLowerCase() === "local") {
    const message = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    errors.push(invalid(field, name, message));
  } else if (!isTimeZone(name)) errors.push(invalid(field, name, `unknown time zone ${name}`));
  return errors;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
