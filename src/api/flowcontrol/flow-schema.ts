import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { named, oneOf } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { FlowSchema, PolicyRulesWithSubjects } from "../generated/flowcontrol.apiserver.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { dnsSubdomainErrors } from "../names.ts";

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
  columns: [
    nameColumn,
    textColumn<FlowSchema>(
      "PriorityLevel",
      "The name of the priority level configuration.",
      ({ spec }) => spec?.priorityLevelConfiguration?.name ?? "",
    ),
    {
      ...integerColumn<FlowSchema>(
        "MatchingPrecedence",
        "Which schema is taken when several match.",
        ({ spec }) => spec?.matchingPrecedence,
      ),
      type: "string",
    },
    textColumn<FlowSchema>(
      "DistinguisherMethod",
      "How to compute the flow distinguisher.",
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
  errors.push(
    ...named(spec?.priorityLevelConfiguration?.name, dnsSubdomainErrors, "spec.priorityLevelConfiguration.name"),
  );
  if (spec?.distinguisherMethod !== undefined) {
    errors.push(...oneOf(spec.distinguisherMethod.type, ["ByNamespace", "ByUser"], "spec.distinguisherMethod"));
  }
  (spec?.rules ?? []).forEach((rule, index) => {
    errors.push(...validateRule(rule, `spec.rules[${index}]`));
  });
  return errors;
}

function validateRule(rule: PolicyRulesWithSubjects, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((rule.subjects ?? []).length === 0)
    errors.push(required(`${field}.subjects`, "subjects must contain at least one value"));
  (rule.subjects ?? []).forEach((subject, index) => {
    const path = `${field}.subjects[${index}]`;
    const key = { User: "user", Group: "group", ServiceAccount: "serviceAccount" }[subject.kind] as
      | "user"
      | "group"
      | "serviceAccount"
      | undefined;
    if (key === undefined) errors.push(notSupported(`${path}.kind`, subject.kind, ["Group", "ServiceAccount", "User"]));
    else if (subject[key] === undefined) {
      errors.push(required(`${path}.${key}`, `${key} is required when subject kind is '${subject.kind}'`));
    }
  });
  const { resourceRules = [], nonResourceRules = [] } = rule;
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(required(field, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  resourceRules.forEach((each, index) => {
    const path = `${field}.resourceRules[${index}]`;
    for (const key of ["verbs", "apiGroups", "resources"] as const) {
      const values = each[key] ?? [];
      if (values.length === 0) errors.push(required(`${path}.${key}`));
      if (values.length > 1 && values.includes("*")) {
        errors.push(invalid(`${path}.${key}`, values, `if '*' is present, must not specify other ${key}`));
      }
    }
    if ((each.namespaces ?? []).length === 0 && each.clusterScope !== true) {
      errors.push(
        required(`${path}.namespaces`, "resource rules that are not cluster scoped must supply at least one namespace"),
      );
    }
  });
  nonResourceRules.forEach((each, index) => {
    const path = `${field}.nonResourceRules[${index}]`;
    for (const key of ["verbs", "nonResourceURLs"] as const) {
      if ((each[key] ?? []).length === 0) errors.push(required(`${path}.${key}`));
    }
  });
  return errors;
}
