import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { FlowSchema } from "../generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { validateConditionTypes, validateFlowRule } from "./flow-rules.ts";

const METHODS = ["ByNamespace", "ByUser"];
const PRECEDENCE_MAX = 10_000;

export const flowSchemaKind = defineKind<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  setDefaults({ spec }) {
    if (spec !== undefined) spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(schema) {
    schema.status = {};
  },
  validate: validateSchema,
  statusKeepsMetadata: true,
  validateStatusUpdate: ({ status }) => validateConditionTypes(status?.conditions),
  rowOrder(a, b) {
    const difference = (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0);
    return difference || ((a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1);
  },
  columns: [
    nameColumn,
    textColumn<FlowSchema>(
      "PriorityLevel",
      columnTexts["flowcontrol.v1.PriorityLevelConfigurationReference.name"],
      ({ spec }) => spec?.priorityLevelConfiguration?.name ?? "",
    ),
    {
      ...integerColumn<FlowSchema>(
        "MatchingPrecedence",
        columnTexts["flowcontrol.v1.FlowSchemaSpec.matchingPrecedence"],
        ({ spec }) => spec?.matchingPrecedence,
      ),
      type: "string",
    },
    textColumn<FlowSchema>(
      "DistinguisherMethod",
      columnTexts["flowcontrol.v1.FlowSchemaSpec.distinguisherMethod"],
      ({ spec }) => spec?.distinguisherMethod?.type ?? "<none>",
    ),
    ageColumn,
    textColumn<FlowSchema>(
      "MissingPL",
      "references a broken or non-existent PriorityLevelConfiguration",
      ({ status }) => status?.conditions?.find((condition) => condition.type === "Dangling")?.status ?? "?",
    ),
  ],
});

function validateSchema({ metadata, spec }: FlowSchema): FieldError[] {
  const errors: FieldError[] = [];
  const precedence = spec?.matchingPrecedence ?? 0;
  if (precedence < 1) errors.push(invalid("spec.matchingPrecedence", precedence, "must be a positive value"));
  if (precedence > PRECEDENCE_MAX) {
    errors.push(invalid("spec.matchingPrecedence", precedence, `must not be greater than ${PRECEDENCE_MAX}`));
  }
  if (precedence === 1 && metadata?.name !== "exempt") {
    errors.push(
      invalid("spec.matchingPrecedence", precedence, "only the schema named 'exempt' may have matchingPrecedence 1"),
    );
  }
  const method = spec?.distinguisherMethod;
  if (method !== undefined && !METHODS.includes(method.type)) {
    // What Go shows of a method.
    errors.push(notSupported("spec.distinguisherMethod", { Type: method.type }, METHODS));
  }
  const level = spec?.priorityLevelConfiguration?.name;
  const field = "spec.priorityLevelConfiguration.name";
  if (level) errors.push(...invalids(field, level, dnsSubdomainErrors(level)));
  else errors.push(required(field, "must reference a priority level"));
  return [...errors, ...(spec?.rules ?? []).flatMap((rule, index) => validateFlowRule(rule, `spec.rules[${index}]`))];
}
