import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { optionalOneOf, requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { type Column, defineKind, type KindDefinition } from "../kind.ts";
import { formatLabelSelector, validateLabelSelector } from "../selectors.ts";
import { validateMatchConditions } from "./webhook-configuration.ts";
import { setRuleDefaults, validateRules } from "./webhook-rules.ts";

const GROUP = "admissionregistration.k8s.io";

function setMatchDefaults(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  setRuleDefaults(match.resourceRules);
  setRuleDefaults(match.excludeResourceRules);
}

function validateMatch(match: MatchResources | undefined, field: string): FieldError[] {
  return [
    ...validateLabelSelector(match?.namespaceSelector, `${field}.namespaceSelector`),
    ...validateLabelSelector(match?.objectSelector, `${field}.objectSelector`),
    ...optionalOneOf(match?.matchPolicy, ["Equivalent", "Exact"], `${field}.matchPolicy`),
    ...validateRules(match?.resourceRules, `${field}.resourceRules`),
    ...validateRules(match?.excludeResourceRules, `${field}.excludeResourceRules`),
  ];
}

function validateParamKind(param: ParamKind | undefined, field: string): FieldError[] {
  return param === undefined
    ? []
    : [...requiredText(param.apiVersion, `${field}.apiVersion`), ...requiredText(param.kind, `${field}.kind`)];
}

function validateConstraints(match: MatchResources | undefined): FieldError[] {
  const field = "spec.matchConstraints";
  if (match === undefined) return [required(field)];
  const errors = validateMatch(match, field);
  if ((match.resourceRules ?? []).length === 0) errors.push(required(`${field}.resourceRules`));
  return errors;
}

const paramKindColumn: Column<ValidatingAdmissionPolicy | MutatingAdmissionPolicy> = textColumn(
  "ParamKind",
  "ParamKind specifies the kind of resources used to parameterize this policy",
  ({ spec }) => (spec?.paramKind === undefined ? "<unset>" : `${spec.paramKind.apiVersion}/${spec.paramKind.kind}`),
);

export const validatingAdmissionPolicyKind = defineKind<ValidatingAdmissionPolicy>({
  group: GROUP,
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  setDefaults({ spec }) {
    if (spec === undefined) return;
    spec.failurePolicy ??= "Fail";
    setMatchDefaults(spec.matchConstraints);
  },
  validate({ spec }) {
    const validations = spec?.validations ?? [];
    const errors = [
      ...optionalOneOf(spec?.failurePolicy, ["Fail", "Ignore"], "spec.failurePolicy"),
      ...validateParamKind(spec?.paramKind, "spec.paramKind"),
      ...validateConstraints(spec?.matchConstraints),
      ...validateMatchConditions(spec?.matchConditions, "spec.matchConditions"),
    ];
    if (validations.length === 0 && (spec?.auditAnnotations ?? []).length === 0) {
      const message = "validations or auditAnnotations must contain at least one item";
      errors.push(required("spec.validations", message), required("spec.auditAnnotations", message));
    }
    validations.forEach((each, index) => {
      if (!each.expression?.trim())
        errors.push(required(`spec.validations[${index}].expression`, "expression is not specified"));
    });
    return errors;
  },
  columns: [
    nameColumn,
    integerColumn<ValidatingAdmissionPolicy>(
      "Validations",
      "Validations indicates the number of validation rules defined in this configuration",
      ({ spec }) => spec?.validations?.length,
    ),
    paramKindColumn as Column<ValidatingAdmissionPolicy>,
    ageColumn,
  ],
});

const mutatingPolicy = (version: string): KindDefinition =>
  defineKind<MutatingAdmissionPolicy>({
    group: GROUP,
    version,
    kind: "MutatingAdmissionPolicy",
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.failurePolicy ??= "Fail";
      spec.reinvocationPolicy ??= "Never";
      setMatchDefaults(spec.matchConstraints);
    },
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate({ spec }) {
      const errors = [
        ...optionalOneOf(spec?.failurePolicy, ["Fail", "Ignore"], "spec.failurePolicy"),
        ...optionalOneOf(spec?.reinvocationPolicy, ["IfNeeded", "Never"], "spec.reinvocationPolicy"),
        ...validateParamKind(spec?.paramKind, "spec.paramKind"),
        ...validateConstraints(spec?.matchConstraints),
        ...validateMatchConditions(spec?.matchConditions, "spec.matchConditions"),
      ];
      const mutations = spec?.mutations ?? [];
      if (mutations.length === 0) errors.push(required("spec.mutations", "mutations must contain at least one item"));
      mutations.forEach((mutation, index) => {
        const path = `spec.mutations[${index}]`;
        errors.push(...optionalOneOf(mutation.patchType, ["ApplyConfiguration", "JSONPatch"], `${path}.patchType`));
        const wanted = mutation.patchType === "JSONPatch" ? "jsonPatch" : "applyConfiguration";
        if (mutation[wanted] === undefined) {
          errors.push(required(`${path}.${wanted}`, `must be specified when patchType is ${mutation.patchType}`));
        }
      });
      return errors;
    },
    columns: [
      nameColumn,
      integerColumn<MutatingAdmissionPolicy>(
        "Mutations",
        "Mutation indicates the number of mutations rules defined in this configuration",
        ({ spec }) => spec?.mutations?.length,
      ),
      paramKindColumn as Column<MutatingAdmissionPolicy>,
      ageColumn,
    ],
  });

export const mutatingAdmissionPolicyKinds = ["v1", "v1beta1", "v1alpha1"].map(mutatingPolicy);

type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

function paramName(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || "*"}/${ref.name}`;
  return ref?.selector === undefined ? "<unset>" : formatLabelSelector(ref.selector);
}

function bindingKind(kind: string, version: string): KindDefinition {
  return defineKind<Binding>({
    group: GROUP,
    version,
    kind,
    setDefaults: ({ spec }) => setMatchDefaults(spec?.matchResources),
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate({ spec }) {
      const errors = [
        ...requiredText(spec?.policyName, "spec.policyName"),
        ...validateMatch(spec?.matchResources, "spec.matchResources"),
        ...validateParamRef(spec?.paramRef, "spec.paramRef"),
      ];
      if (kind !== "ValidatingAdmissionPolicyBinding") return errors;
      const actions = (spec as ValidatingAdmissionPolicyBinding["spec"])?.validationActions ?? [];
      if (actions.length === 0)
        errors.push(required("spec.validationActions", "at least one validation action is required"));
      actions.forEach((action, index) => {
        errors.push(...optionalOneOf(action, ["Audit", "Deny", "Warn"], `spec.validationActions[${index}]`));
      });
      if (actions.includes("Deny") && actions.includes("Warn")) {
        errors.push(
          invalid(
            "spec.validationActions",
            actions,
            "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
          ),
        );
      }
      return errors;
    },
    columns: [
      nameColumn,
      textColumn<Binding>(
        "PolicyName",
        "PolicyName indicates the policy definition which the policy binding binded to",
        ({ spec }) => spec?.policyName ?? "",
      ),
      textColumn<Binding>(
        "ParamRef",
        "ParamRef indicates the param resource which sets the configration param",
        ({ spec }) => paramName(spec?.paramRef),
      ),
      ageColumn,
    ],
  });
}

function validateParamRef(ref: ParamRef | undefined, field: string): FieldError[] {
  if (ref === undefined) return [];
  const errors: FieldError[] = [];
  if (ref.name && ref.selector !== undefined) {
    errors.push(forbiddenField(`${field}.name`, "name and selector are mutually exclusive"));
  }
  if (!ref.name && ref.selector === undefined)
    errors.push(required(field, "one of name or selector must be specified"));
  if (!ref.parameterNotFoundAction) errors.push(required(`${field}.parameterNotFoundAction`));
  else
    errors.push(...optionalOneOf(ref.parameterNotFoundAction, ["Allow", "Deny"], `${field}.parameterNotFoundAction`));
  return errors;
}

export const admissionPolicyBindingKinds = [
  bindingKind("ValidatingAdmissionPolicyBinding", "v1"),
  ...["v1", "v1beta1", "v1alpha1"].map((version) => bindingKind("MutatingAdmissionPolicyBinding", version)),
];
