import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { notBlank, oneOf, oneOfWhenSet, requiredText } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type {
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { parseJsonPath } from "../json-path/parse.ts";
import { JsonPathError } from "../json-path/path.ts";
import { type Column, defineKind, type KindDefinition } from "../kind.ts";
import { validateConditions as validateStatusConditions } from "../metav1-conditions.ts";
import { equalJson } from "../patch/json-value.ts";
import { setMatchDefaults, validateMutatedOperations } from "./match-resources.ts";
import {
  validateAnnotations,
  validateConstraints,
  validateMutation,
  validateParamKind,
  validateValidation,
  validateVariables,
} from "./policy-validation.ts";
import { validateMatchConditions } from "./webhook-configuration.ts";

const GROUP = "admissionregistration.k8s.io";

const paramKindColumn: Column<ValidatingAdmissionPolicy | MutatingAdmissionPolicy> = textColumn(
  "ParamKind",
  "ParamKind specifies the kind of resources used to parameterize this policy",
  ({ spec }) => (spec?.paramKind === undefined ? "<unset>" : `${spec.paramKind.apiVersion}/${spec.paramKind.kind}`),
);

interface Conditioned {
  readonly paramKind?: object;
  readonly matchConditions?: { name: string; expression: string }[];
}

/** Conditions that were there already are taken as they are, while they have the same variables. */
function validateConditions(spec: Conditioned = {}, old?: Conditioned): FieldError[] {
  const { matchConditions = [], paramKind } = spec;
  const isKnown =
    old !== undefined && equalJson([paramKind, matchConditions], [old.paramKind, old.matchConditions ?? []]);
  return isKnown ? [] : validateMatchConditions(matchConditions, "spec.matchConditions");
}

function validateFieldRef(fieldRef: string | undefined, field: string): FieldError[] {
  const blank = notBlank(fieldRef, field);
  if (blank.length > 0) return blank;
  try {
    parseJsonPath(`.${fieldRef!.trim()}`);
    return [];
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return [invalid(field, fieldRef, `invalid JSONPath: ${error.message}`)];
  }
}

export const validatingAdmissionPolicyKind = defineKind<ValidatingAdmissionPolicy>({
  group: GROUP,
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  statusKeepsMetadata: true,
  refusesUnconditionalUpdate: true,
  setDefaults({ spec }) {
    if (spec === undefined) return;
    spec.failurePolicy ??= "Fail";
    setMatchDefaults(spec.matchConstraints);
  },
  validate({ metadata, spec }, old) {
    const validations = spec?.validations ?? [];
    const errors = [
      ...oneOfWhenSet(spec?.failurePolicy, ["Fail", "Ignore"], "spec.failurePolicy"),
      ...validateParamKind(spec?.paramKind, "spec.paramKind"),
      ...validateConstraints(spec?.matchConstraints, "spec.matchConstraints"),
      ...validateConditions(spec, old?.spec),
      ...validateVariables(spec?.variables, "spec.variables"),
    ];
    if (validations.length === 0 && (spec?.auditAnnotations ?? []).length === 0) {
      const message = "validations or auditAnnotations must contain at least one item";
      errors.push(required("spec.validations", message), required("spec.auditAnnotations", message));
    }
    errors.push(...validations.flatMap((each, index) => validateValidation(each, `spec.validations[${index}]`)));
    const annotations = { policyName: metadata?.name ?? "", field: "spec.auditAnnotations" };
    errors.push(...validateAnnotations(spec?.auditAnnotations, annotations));
    return errors;
  },
  validateStatusUpdate: ({ status }) => [
    ...(status?.typeChecking?.expressionWarnings ?? []).flatMap(({ warning, fieldRef }, index) => {
      const field = `status.typeChecking.expressionWarnings[${index}]`;
      const errors = requiredText(warning, `${field}.warning`);
      return [...errors, ...validateFieldRef(fieldRef, `${field}.fieldRef`)];
    }),
    ...validateStatusConditions(status?.conditions, "status.conditions"),
  ],
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
    refusesUnconditionalUpdate: true,
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.failurePolicy ??= "Fail";
      setMatchDefaults(spec.matchConstraints);
    },
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate({ spec }, old) {
      const errors = [
        ...oneOfWhenSet(spec?.failurePolicy, ["Fail", "Ignore"], "spec.failurePolicy"),
        ...validateParamKind(spec?.paramKind, "spec.paramKind"),
        ...validateConstraints(spec?.matchConstraints, "spec.matchConstraints"),
        ...validateMutatedOperations(spec?.matchConstraints, "spec.matchConstraints"),
        ...validateConditions(spec, old?.spec),
        ...validateVariables(spec?.variables, "spec.variables"),
      ];
      const mutations = spec?.mutations ?? [];
      if (mutations.length === 0) errors.push(required("spec.mutations", "mutations must contain at least one item"));
      errors.push(...mutations.flatMap((each, index) => validateMutation(each, `spec.mutations[${index}]`)));
      return [...errors, ...oneOf(spec?.reinvocationPolicy, ["IfNeeded", "Never"], "spec.reinvocationPolicy")];
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
