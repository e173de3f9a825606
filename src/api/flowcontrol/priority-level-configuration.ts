import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { nonNegative, oneOf } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type { PriorityLevelConfiguration, QueuingConfiguration } from "../generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { type Column, defineKind } from "../kind.ts";

const QUEUES_MAX = 10_000_000;

const queuing = (level: PriorityLevelConfiguration): QueuingConfiguration | undefined =>
  level.spec?.limited?.limitResponse?.queuing;

const numberColumn = (
  name: string,
  description: string,
  read: (level: PriorityLevelConfiguration) => number | undefined,
) =>
  ({
    name,
    type: "string",
    description,
    cell: (level) => read(level) ?? "<none>",
  }) satisfies Column<PriorityLevelConfiguration>;

export const priorityLevelConfigurationKind = defineKind<PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  setDefaults({ spec }) {
    if (spec?.exempt !== undefined) {
      spec.exempt.nominalConcurrencyShares ??= 0;
      spec.exempt.lendablePercent ??= 0;
    }
    if (spec?.limited === undefined) return;
    spec.limited.nominalConcurrencyShares ??= 30;
    spec.limited.lendablePercent ??= 0;
    const queues = spec.limited.limitResponse?.queuing;
    if (queues === undefined) return;
    queues.queues ||= 64;
    queues.handSize ||= 8;
    queues.queueLengthLimit ||= 50;
  },
  prepareForCreate(level) {
    level.status = {};
  },
  validate: validateLevel,
  columns: [
    nameColumn,
    textColumn<PriorityLevelConfiguration>(
      "Type",
      "Whether requests of this level are limited.",
      ({ spec }) => spec?.type ?? "",
    ),
    numberColumn(
      "NominalConcurrencyShares",
      "The share of the server's concurrency.",
      ({ spec }) => spec?.limited?.nominalConcurrencyShares,
    ),
    numberColumn("Queues", "The number of queues for this priority level.", (level) => queuing(level)?.queues),
    numberColumn("HandSize", "How many queues a flow is dealt.", (level) => queuing(level)?.handSize),
    numberColumn(
      "QueueLengthLimit",
      "How many requests may wait in a queue.",
      (level) => queuing(level)?.queueLengthLimit,
    ),
    ageColumn,
  ],
});

function validateLevel(level: PriorityLevelConfiguration): FieldError[] {
  const { spec } = level;
  const errors = oneOf(spec?.type, ["Exempt", "Limited"], "spec.type");
  if (spec?.type === "Exempt") {
    if (spec.limited !== undefined) {
      errors.push(forbiddenField("spec.limited", "must be nil if the type is not Limited"));
    }
    return errors;
  }
  if (spec?.exempt !== undefined) errors.push(forbiddenField("spec.exempt", "must be nil if the type is Limited"));
  if (spec?.limited === undefined)
    return [...errors, required("spec.limited", "must not be empty when type is Limited")];
  const { nominalConcurrencyShares, lendablePercent = 0, borrowingLimitPercent, limitResponse } = spec.limited;
  errors.push(...nonNegative(nominalConcurrencyShares, "spec.limited.nominalConcurrencyShares"));
  if (lendablePercent < 0 || lendablePercent > 100) {
    errors.push(invalid("spec.limited.lendablePercent", lendablePercent, "must be between 0 and 100, inclusive"));
  }
  errors.push(...nonNegative(borrowingLimitPercent, "spec.limited.borrowingLimitPercent"));
  errors.push(...oneOf(limitResponse?.type, ["Queue", "Reject"], "spec.limited.limitResponse.type"));
  const queues = queuing(level);
  if (limitResponse?.type === "Queue") {
    const field = "spec.limited.limitResponse.queuing";
    if (queues === undefined) errors.push(required(field, "must not be empty if limited.limitResponse.type is Queue"));
    else errors.push(...validateQueues(queues, field));
  } else if (queues !== undefined) {
    errors.push(
      forbiddenField("spec.limited.limitResponse.queuing", "must be nil if limited.limitResponse.type is not Limited"),
    );
  }
  return errors;
}

function validateQueues(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries({ queues, handSize, queueLengthLimit })) {
    if (value <= 0) errors.push(invalid(`${field}.${key}`, value, "must be positive"));
  }
  if (queues > QUEUES_MAX) errors.push(invalid(`${field}.queues`, queues, `must not be greater than ${QUEUES_MAX}`));
  if (handSize > queues) {
    errors.push(invalid(`${field}.handSize`, handSize, `should not be greater than queues (${queues})`));
  }
  return errors;
}
