import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { named, oneOfWhenSet, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type {
  MutatingAdmissionPolicyBinding,
  ParamRef,
  ValidatingAdmissionPolicyBinding,
} from "../generated/admissionregistration.k8s.io/v1.ts";
import type { LabelSelector } from "../generated/meta/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind, type KindDefinition } from "../kind.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { validateLabelSelector } from "../selectors.ts";
import { setMatchDefaults, validateMatch, validateMutatedOperations } from "./match-resources.ts";

const MISSING_ACTIONS = ["Deny", "Allow"];
const GROUP = "admissionregistration.k8s.io";

type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

function paramName(ref: ParamRef | undefined): string {
  if (ref?.name) return `${ref.namespace || "*"}/${ref.name}`;
  return ref?.selector === undefined ? "<unset>" : printedSelector(ref.selector);
}

/** As Go prints the structure. */
function printedSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = labels.map(([key, value]) => `${key}: ${value},`).join("");
  const list = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${list.join("")}},}`;
}

function bindingKind(kind: string, version: string): KindDefinition {
  return defineKind<Binding>({
    group: GROUP,
    version,
    kind,
    refusesUnconditionalUpdate: true,
    setDefaults: ({ spec }) => setMatchDefaults(spec?.matchResources),
    prepareForCreate: startGeneration,
    prepareForUpdate: countGeneration,
    validate({ spec }) {
      const errors = [
        ...named(spec?.policyName, dnsSubdomainErrors, "spec.policyName"),
        ...validateParamRef(spec?.paramRef, "spec.paramRef"),
        ...validateMatch(spec?.matchResources, "spec.matchResources"),
      ];
      if (kind !== "ValidatingAdmissionPolicyBinding") {
        return [...errors, ...validateMutatedOperations(spec?.matchResources, "spec.matchResources")];
      }
      const actions = (spec as ValidatingAdmissionPolicyBinding["spec"])?.validationActions;
      return [...errors, ...validateActions(actions ?? [], "spec.validationActions")];
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

function validateActions(actions: readonly string[], field: string): FieldError[] {
  if (actions.length === 0) return [required(field, "at least one validation action is required")];
  const unique = uniqueness();
  const errors = actions.flatMap((action, index) => [
    ...oneOfWhenSet(action, ["Audit", "Deny", "Warn"], `${field}[${index}]`),
    ...unique(action, `${field}[${index}]`),
  ]);
  if (actions.includes("Deny") && actions.includes("Warn")) {
    errors.push(
      invalid(
        field,
        actions,
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
      ),
    );
  }
  return errors;
}

function validateParamRef(ref: ParamRef | undefined, field: string): FieldError[] {
  if (ref === undefined) return [];
  const errors: FieldError[] = [];
  const { name, selector, parameterNotFoundAction: action } = ref;
  const exclusive = "name and selector are mutually exclusive";
  if (name) {
    errors.push(...named(name, pathSegmentErrors, `${field}.name`));
    if (selector !== undefined) errors.push(forbiddenField(`${field}.name`, exclusive));
  }
  if (selector !== undefined) {
    errors.push(...validateLabelSelector(selector, `${field}.selector`));
    if (name) errors.push(forbiddenField(`${field}.selector`, exclusive));
  }
  if (!name && selector === undefined) errors.push(required(field, "one of name or selector must be specified"));
  if (!action) errors.push(required(`${field}.parameterNotFoundAction`));
  else if (!MISSING_ACTIONS.includes(action)) {
    errors.push(notSupported(`${field}.parameterNotFoundAction`, action, MISSING_ACTIONS));
  }
  return errors;
}

export const admissionPolicyBindingKinds = [
  bindingKind("ValidatingAdmissionPolicyBinding", "v1"),
  ...["v1", "v1beta1", "v1alpha1"].map((version) => bindingKind("MutatingAdmissionPolicyBinding", version)),
];
