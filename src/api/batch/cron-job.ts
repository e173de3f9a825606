import { ageColumn, containerColumns, integerColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { setPodTemplateDefaults } from "../core/pod-template.ts";
import { nonNegative, oneOf } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { CronJob } from "../generated/batch/v1.ts";
import { ageOf } from "../human-duration.ts";
import { defineKind } from "../kind.ts";
import { formatLabelSelector } from "../selectors.ts";
import { scheduleError } from "./cron-schedule.ts";
import { validateJobSpec } from "./validate-job.ts";

const NAME_MAX = 52;

export const cronJobKind = defineKind<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  setDefaults({ spec }) {
    if (spec === undefined) return;
    setPodTemplateDefaults(spec.jobTemplate?.spec?.template);
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
  columns: [
    nameColumn,
    textColumn<CronJob>("Schedule", "The schedule in Cron format.", ({ spec }) => spec?.schedule ?? ""),
    textColumn<CronJob>(
      "Timezone",
      "The time zone name for the given schedule.",
      ({ spec }) => spec?.timeZone ?? "<none>",
    ),
    {
      name: "Suspend",
      type: "boolean",
      description: "This flag tells the controller to suspend subsequent executions.",
      cell: ({ spec }) => (spec?.suspend === undefined ? "<unset>" : spec.suspend ? "True" : "False"),
    },
    integerColumn<CronJob>(
      "Active",
      "A list of pointers to currently running jobs.",
      ({ status }) => status?.active?.length,
    ),
    textColumn<CronJob>("Last Schedule", "When the job was last successfully scheduled.", ({ status }, nowMs) =>
      status?.lastScheduleTime === undefined ? "<none>" : ageOf(status.lastScheduleTime, nowMs),
    ),
    ageColumn,
    ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template),
    wide(
      textColumn<CronJob>("Selector", "A label query over pods that should match the pod count.", ({ spec }) =>
        formatLabelSelector(spec?.jobTemplate?.spec?.selector),
      ),
    ),
  ],
  // Accepted as of jobs; cron jobs have no such number.
  selectableFields: { "status.successful": () => "" },
});

function validateCronJob({ spec }: CronJob): FieldError[] {
  const errors: FieldError[] = [];
  const schedule = spec?.schedule ?? "";
  if (schedule === "") errors.push(required("spec.schedule"));
  else {
    const error = scheduleError(schedule);
    if (error !== undefined) errors.push(invalid("spec.schedule", schedule, error));
    if (schedule.includes("TZ")) {
      errors.push(
        invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
      );
    }
  }
  if (spec?.timeZone !== undefined && !isTimeZone(spec.timeZone)) {
    errors.push(invalid("spec.timeZone", spec.timeZone, `unknown time zone ${spec.timeZone}`));
  }
  errors.push(
    ...nonNegative(spec?.startingDeadlineSeconds, "spec.startingDeadlineSeconds"),
    ...oneOf(spec?.concurrencyPolicy, ["Allow", "Forbid", "Replace"], "spec.concurrencyPolicy"),
    ...nonNegative(spec?.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit"),
    ...nonNegative(spec?.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit"),
    ...validateJobSpec(spec?.jobTemplate?.spec, "spec.jobTemplate.spec"),
  );
  const template = spec?.jobTemplate?.spec;
  if (template?.selector !== undefined) {
    errors.push(invalid("spec.jobTemplate.spec.selector", template.selector, "`selector` will be auto-generated"));
  }
  if (template?.manualSelector === true) {
    errors.push(notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"]));
  }
  return errors;
}

function isTimeZone(name: string): boolean {
  if (name === "" || name.toLowerCase() === "local") return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
