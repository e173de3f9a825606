import { invalids, optionalOneOf, uniqueness } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required } from "../field-error.ts";
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorTerm,
  PodAffinityTerm,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from "../generated/core/v1.ts";
import { dnsLabelErrors, labelValueErrors, qualifiedNameErrors } from "../names.ts";
import { validateLabelSelector, valueCountErrors } from "../selectors.ts";

/** What is wrong with the affinity of a pod. */
export function validateAffinity(affinity: Affinity | undefined, field: string): FieldError[] {
  if (affinity === undefined) return [];
  return [
    ...validateNodeAffinity(affinity.nodeAffinity, `${field}.nodeAffinity`),
    ...validatePodTerms(affinity.podAffinity, `${field}.podAffinity`),
    ...validatePodTerms(affinity.podAntiAffinity, `${field}.podAntiAffinity`),
  ];
}

function validateNodeAffinity(affinity: NodeAffinity | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const needed = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (needed !== undefined) {
    errors.push(...validateNodeSelector(needed, `${field}.requiredDuringSchedulingIgnoredDuringExecution`));
  }
  (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, index) => {
    const path = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    errors.push(...validateWeight(term.weight, path), ...validateNodeTerm(term.preference, `${path}.preference`));
  });
  return errors;
}

/** What is wrong with a node selector. */
export function validateNodeSelector(selector: NodeSelector, field: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [required(`${field}.nodeSelectorTerms`, "must have at least one node selector term")];
  return terms.flatMap((term, index) => validateNodeTerm(term, `${field}.nodeSelectorTerms[${index}]`));
}

function validateNodeTerm(term: NodeSelectorTerm, field: string): FieldError[] {
  const errors: FieldError[] = [];
  (term.matchExpressions ?? []).forEach((expression, index) => {
    const path = `${field}.matchExpressions[${index}]`;
    const values = expression.values ?? [];
    errors.push(...operatorErrors(expression.operator ?? "", values, path));
    errors.push(...invalids(`${path}.key`, expression.key, qualifiedNameErrors(expression.key ?? "")));
    values.forEach((value, at) => {
      errors.push(...invalids(`${path}.values[${at}]`, value, labelValueErrors(value)));
    });
  });
  (term.matchFields ?? []).forEach((expression, index) => {
    const path = `${field}.matchFields[${index}]`;
    const values = expression.values ?? [];
    if (expression.operator !== "In" && expression.operator !== "NotIn") {
      errors.push(invalid(`${path}.operator`, expression.operator ?? "", "not a valid selector operator"));
    } else if (values.length !== 1) {
      errors.push(
        required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
      );
    }
    if (expression.key !== "metadata.name") {
      errors.push(invalid(`${path}.key`, expression.key, "not a valid field selector key"));
    }
  });
  return errors;
}

function operatorErrors(operator: string, values: readonly string[], path: string): FieldError[] {
  if (operator === "Gt" || operator === "Lt") {
    return values.length === 1
      ? []
      : [required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
  }
  const errors = valueCountErrors(operator, values, path);
  return errors ?? [invalid(`${path}.operator`, operator, "not a valid selector operator")];
}

function validateWeight(weight: number | undefined, field: string): FieldError[] {
  return weight === undefined || weight <= 0 || weight > 100
    ? [invalid(`${field}.weight`, weight ?? 0, "must be in the range 1-100")]
    : [];
}

interface PodTerms {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
}

function validatePodTerms(terms: PodTerms | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  (terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, index) => {
    errors.push(...validatePodTerm(term, `${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`));
  });
  (terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, index) => {
    const path = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    errors.push(...validateWeight(term.weight, path));
    errors.push(...validatePodTerm(term.podAffinityTerm, `${path}.podAffinityTerm`));
  });
  return errors;
}

function validatePodTerm(term: PodAffinityTerm, field: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, `${field}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${field}.namespaceSelector`),
    ...validateMatchLabelKeys(term, field),
  ];
  for (const namespace of term.namespaces ?? []) {
    errors.push(...invalids(`${field}.namespace`, namespace, dnsLabelErrors(namespace)));
  }
  if (!term.topologyKey) errors.push(required(`${field}.topologyKey`, "can not be empty"));
  else errors.push(...invalids(`${field}.topologyKey`, term.topologyKey, qualifiedNameErrors(term.topologyKey)));
  return errors;
}

interface KeyedTerm {
  labelSelector?: { matchLabels?: Record<string, string>; matchExpressions?: { key: string }[] };
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

function validateMatchLabelKeys(term: KeyedTerm, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ["matchLabelKeys", "mismatchLabelKeys"] as const) {
    const keys = term[list] ?? [];
    if (keys.length > 0 && term.labelSelector === undefined) {
      errors.push(forbiddenField(`${field}.${list}`, "must not be specified when labelSelector is not set"));
    }
    keys.forEach((key, index) => {
      errors.push(...invalids(`${field}.${list}[${index}]`, key, qualifiedNameErrors(key)));
    });
  }
  (term.matchLabelKeys ?? []).forEach((key, index) => {
    if (term.mismatchLabelKeys?.includes(key)) {
      errors.push(
        invalid(`${field}.matchLabelKeys[${index}]`, key, "exists in both matchLabelKeys and mismatchLabelKeys"),
      );
    }
  });
  return errors;
}

/** What is wrong with the topology spread constraints of a pod. */
export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  field: string,
): FieldError[] {
  const unique = uniqueness();
  return (constraints ?? []).flatMap((constraint, index) => {
    const path = `${field}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    const errors: FieldError[] = [];
    if (!(maxSkew > 0)) errors.push(invalid(`${path}.maxSkew`, maxSkew ?? 0, "must be greater than zero"));
    if (!topologyKey) errors.push(required(`${path}.topologyKey`, "can not be empty"));
    if (!["DoNotSchedule", "ScheduleAnyway"].includes(whenUnsatisfiable)) {
      errors.push(
        notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable ?? "", ["DoNotSchedule", "ScheduleAnyway"]),
      );
    }
    errors.push(...unique(`{${topologyKey}, ${whenUnsatisfiable}}`, `${path}.{topologyKey, whenUnsatisfiable}`));
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${path}.minDomains`, minDomains, "must be greater than zero"));
      if (whenUnsatisfiable !== "DoNotSchedule") {
        errors.push(
          invalid(
            `${path}.minDomains`,
            minDomains,
            "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
          ),
        );
      }
    }
    for (const policy of ["nodeAffinityPolicy", "nodeTaintsPolicy"] as const) {
      errors.push(...optionalOneOf(constraint[policy], ["Honor", "Ignore"], `${path}.${policy}`));
    }
    return [
      ...errors,
      ...validateMatchLabelKeys(constraint, path),
      ...validateLabelSelector(constraint.labelSelector, `${path}.labelSelector`),
    ];
  });
}
