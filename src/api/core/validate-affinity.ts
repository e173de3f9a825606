import { joined } from "../../base/joined.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorTerm,
  PodAffinityTerm,
  WeightedPodAffinityTerm,
} from "../generated/core/v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors, labelValueErrors, qualifiedNameErrors } from "../names.ts";
import { validateLabelSelector, valueCountErrors } from "../selectors.ts";

/** What is wrong with the affinity of a pod. */
export function validateAffinity(affinity: Affinity | undefined, field: string): FieldError[] {
  if (affinity === undefined) return [];
  return joined(
    validateNodeAffinity(affinity.nodeAffinity, `${field}.nodeAffinity`),
    validatePodTerms(affinity.podAffinity, `${field}.podAffinity`),
    validatePodTerms(affinity.podAntiAffinity, `${field}.podAntiAffinity`),
  );
}

function validateNodeAffinity(affinity: NodeAffinity | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const needed = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (needed !== undefined) {
    errors.push(...validateNodeSelector(needed, `${field}.requiredDuringSchedulingIgnoredDuringExecution`));
  }
  (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, index) => {
    const path = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    errors.push(...validateWeight(term.weight, path));
    // Values of preferred terms were never looked at: what is there may stay.
    errors.push(...validateNodeTerm(term.preference ?? {}, `${path}.preference`, { checksValues: false }));
  });
  return errors;
}

/** What is wrong with a node selector. */
export function validateNodeSelector(selector: NodeSelector, field: string): FieldError[] {
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [required(`${field}.nodeSelectorTerms`, "must have at least one node selector term")];
  return terms.flatMap((term, index) => validateNodeTerm(term, `${field}.nodeSelectorTerms[${index}]`));
}

function validateNodeTerm(
  term: NodeSelectorTerm,
  field: string,
  options: { checksValues: boolean } = { checksValues: true },
): FieldError[] {
  const errors: FieldError[] = [];
  (term.matchExpressions ?? []).forEach((expression, index) => {
    const path = `${field}.matchExpressions[${index}]`;
    const values = expression.values ?? [];
    errors.push(...operatorErrors(expression.operator ?? "", values, path));
    errors.push(...invalids(`${path}.key`, expression.key, qualifiedNameErrors(expression.key ?? "")));
    values.forEach((value, at) => {
      if (options.checksValues) errors.push(...invalids(`${path}.values[${at}]`, value, labelValueErrors(value)));
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
      errors.push(invalid(`${path}.key`, expression.key ?? "", "not a valid field selector key"));
      return;
    }
    values.forEach((value, at) => {
      errors.push(...invalids(`${path}.values[${at}]`, value, dnsSubdomainErrors(value)));
    });
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
  const { topologyKey = "" } = term;
  const errors = joined(
    validateLabelSelector(term.labelSelector, `${field}.labelSelector`),
    validateLabelSelector(term.namespaceSelector, `${field}.namespaceSelector`),
  );
  for (const namespace of term.namespaces ?? []) {
    errors.push(...invalids(`${field}.namespace`, namespace, dnsLabelErrors(namespace)));
  }
  errors.push(...validateMatchLabelKeys(term, field));
  if (topologyKey === "") errors.push(required(`${field}.topologyKey`, "can not be empty"));
  return joined(errors, invalids(`${field}.topologyKey`, topologyKey, qualifiedNameErrors(topologyKey)));
}

interface KeyedTerm {
  labelSelector?: {
    matchLabels?: Record<string, string>;
    matchExpressions?: { key: string; operator?: string; values?: string[] }[];
  };
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

/**
 * What is wrong with keys whose values come from the pod's own labels. The API server writes them into the selector when a
 * pod is created: of a key that comes again there, one is what the client wrote. Keys that must not match may come again.
 */
export function validateMatchLabelKeys(term: KeyedTerm, field: string): FieldError[] {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const both = matchLabelKeys.flatMap((key, index) => {
    const message = "exists in both matchLabelKeys and mismatchLabelKeys";
    return mismatchLabelKeys.includes(key) ? [invalid(`${field}.matchLabelKeys[${index}]`, key, message)] : [];
  });
  return joined(
    validateKeys(term, "matchLabelKeys", field),
    validateKeys(term, "mismatchLabelKeys", field),
    labelSelector === undefined ? [] : validateOnce(labelSelector, matchLabelKeys, field),
    both,
  );
}

function validateKeys(term: KeyedTerm, list: "matchLabelKeys" | "mismatchLabelKeys", field: string): FieldError[] {
  const keys = term[list] ?? [];
  const path = `${field}.${list}`;
  if (keys.length > 0 && term.labelSelector === undefined) {
    return [forbiddenField(path, "must not be specified when labelSelector is not set")];
  }
  return keys.flatMap((key, index) => invalids(`${path}[${index}]`, key, qualifiedNameErrors(key)));
}

/** Upstream reports the key as if the term were its list. */
function validateOnce(
  { matchLabels = {}, matchExpressions = [] }: NonNullable<KeyedTerm["labelSelector"]>,
  keys: readonly string[],
  field: string,
): FieldError[] {
  const seen = new Set(Object.keys(matchLabels));
  return matchExpressions.flatMap(({ key }) => {
    const index = keys.lastIndexOf(key);
    const isTwice = index >= 0 && seen.has(key);
    seen.add(key);
    return isTwice ? [invalid(`${field}[${index}]`, key, "exists in both matchLabelKeys and labelSelector")] : [];
  });
}
