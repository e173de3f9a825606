import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type {
  LimitResponse,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from "../generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { type Column, defineKind } from "../kind.ts";
import { validateConditionTypes } from "./flow-rules.ts";

const HASH_BITS_MAX = 60;
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
  statusKeepsMetadata: true,
  validateStatusUpdate: ({ status }) => validateConditionTypes(status?.conditions),
  columns: [
    nameColumn,
    textColumn<PriorityLevelConfiguration>(
      "Type",
      columnTexts["flowcontrol.v1.PriorityLevelConfigurationSpec.type"],
      ({ spec }) => spec?.type ?? "",
    ),
    numberColumn(
      "NominalConcurrencyShares",
      columnTexts["flowcontrol.v1.LimitedPriorityLevelConfiguration.nominalConcurrencyShares"],
      ({ spec }) => spec?.limited?.nominalConcurrencyShares,
    ),
    numberColumn(
      "Queues",
      columnTexts["flowcontrol.v1.QueuingConfiguration.queues"],
      (level) => queuing(level)?.queues,
    ),
    numberColumn(
      "HandSize",
      columnTexts["flowcontrol.v1.QueuingConfiguration.handSize"],
      (level) => queuing(level)?.handSize,
    ),
    numberColumn(
      "QueueLengthLimit",
      columnTexts["flowcontrol.v1.QueuingConfiguration.queueLengthLimit"],
      (level) => queuing(level)?.queueLengthLimit,
    ),
    ageColumn,
  ],
});

const TYPES = ["Exempt", "Limited"];
const NOT_NEGATIVE = "must be a non-negative integer";

const shares = (value: number | undefined, field: string): FieldError[] =>
  (value ?? 0) < 0 ? [invalid(`${field}.nominalConcurrencyShares`, value, NOT_NEGATIVE)] : [];

const lendable = (value: number | undefined, field: string): FieldError[] =>
  value !== undefined && (value < 0 || value > 100)
    ? [invalid(`${field}.lendablePercent`, value, "must be between 0 and 100, inclusive")]
    : [];

function validateLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const { type = "", exempt, limited } = spec ?? {};
  const errors: FieldError[] = [];
  if ((metadata?.name === "exempt") !== (type === "Exempt")) {
    errors.push(invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  if (!TYPES.includes(type)) return [...errors, notSupported("spec.type", type, TYPES)];
  if (type === "Exempt") {
    if (limited !== undefined) errors.push(forbiddenField("spec.limited", "must be nil if the type is not Limited"));
    const field = "spec.exempt";
    return [...errors, ...shares(exempt?.nominalConcurrencyShares, field), ...lendable(exempt?.lendablePercent, field)];
  }
  if (exempt !== undefined) errors.push(forbiddenField("spec.exempt", "must be nil if the type is Limited"));
  const field = "spec.limited";
  if (limited === undefined) return [...errors, required(field, "must not be empty when type is Limited")];
  const { nominalConcurrencyShares, lendablePercent, borrowingLimitPercent, limitResponse } = limited;
  errors.push(
    ...shares(nominalConcurrencyShares, field),
    ...validateResponse(limitResponse, `${field}.limitResponse`),
    ...lendable(lendablePercent, field),
  );
  if ((borrowingLimitPercent ?? 0) >= 0) return errors;
  const message = `if specified, ${NOT_NEGATIVE}`;
  return [...errors, invalid(`${field}.borrowingLimitPercent`, borrowingLimitPercent, message)];
}

function validateResponse(response: LimitResponse | undefined, field: string): FieldError[] {
  const { type = "", queuing: queues } = response ?? {};
  const path = `${field}.queuing`;
  if (type === "Reject") {
    const message = "must be nil if limited.limitResponse.type is not Limited";
    return queues === undefined ? [] : [forbiddenField(path, message)];
  }
  if (type !== "Queue") return [notSupported(`${field}.type`, type, ["Queue", "Reject"])];
  const message = "must not be empty if limited.limitResponse.type is Limited";
  return queues === undefined ? [required(path, message)] : validateQueues(queues, path);
}

function validateQueues(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const tell = (key: string, value: number, message: string): void =>
    void errors.push(invalid(`${field}.${key}`, value, message));
  if (queueLengthLimit <= 0) tell("queueLengthLimit", queueLengthLimit, "must be positive");
  if (queues <= 0) tell("queues", queues, "must be positive");
  else if (queues > QUEUES_MAX) tell("queues", queues, `must not be greater than ${QUEUES_MAX}`);
  const bits = Math.ceil(Math.log2(Math.max(queues, 1)) * handSize);
  if (handSize <= 0) tell("handSize", handSize, "must be positive");
  else if (handSize > queues) tell("handSize", handSize, `should not be greater than queues (${queues})`);
  else if (bits > HASH_BITS_MAX) {
    const of = `deckSize ${queues} and handSize ${handSize}`;
    tell("handSize", handSize, `required entropy bits of ${of} should not be greater than ${HASH_BITS_MAX}`);
  }
  return errors;
}
