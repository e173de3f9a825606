import { ageColumn, integerColumn, nameColumn, textColumn } from "../columns.ts";
import { optionalOneOf, requiredText } from "../field-checks.ts";
import { required } from "../field-error.ts";
import type {
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { type Column, defineKind, type KindDefinition } from "../kind.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { setMatchDefaults } from "./match-resources.ts";
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
  validate({ metadata, spec }) {
    const validations = spec?.validations ?? [];
    const errors = [
      ...optionalOneOf(spec?.failurePolicy, ["Fail", "Ignore"], "spec.failurePolicy"),
      ...validateParamKind(spec?.paramKind, "spec.paramKind"),
      ...validateConstraints(spec?.matchConstraints, "spec.matchConstraints"),
      ...validateMatchConditions(spec?.matchConditions, "spec.matchConditions"),
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
      return [...errors, ...requiredText(fieldRef?.trim(), `${field}.fieldRef`)];
    }),
    ...validateConditions(status?.conditions, "status.conditions"),
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
        ...validateConstraints(spec?.matchConstraints, "spec.matchConstraints"),
        ...validateMatchConditions(spec?.matchConditions, "spec.matchConditions"),
        ...validateVariables(spec?.variables, "spec.variables"),
      ];
      const mutations = spec?.mutations ?? [];
      if (mutations.length === 0) errors.push(required("spec.mutations", "mutations must contain at least one item"));
      return [...errors, ...mutations.flatMap((each, index) => validateMutation(each, `spec.mutations[${index}]`))];
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
