import { joined } from "../../base/joined.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "../field-error.ts";
import type { TopologySpreadConstraint } from "../generated/core/v1.ts";
import { validateLabelSelector } from "../selectors.ts";
import { validateMatchLabelKeys } from "./validate-affinity.ts";

const ACTIONS = ["DoNotSchedule", "ScheduleAnyway"];
const NODE_POLICIES = ["Honor", "Ignore"];

/** What is wrong with the topology spread constraints of a pod. */
export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  field: string,
): FieldError[] {
  const list = constraints ?? [];
  return list.flatMap((constraint, index) => {
    const path = `${field}[${index}]`;
    const { maxSkew = 0, topologyKey, whenUnsatisfiable = "" } = constraint;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalid(`${path}.maxSkew`, maxSkew, "must be greater than zero"));
    if (!topologyKey) errors.push(required(`${path}.topologyKey`, "can not be empty"));
    if (!ACTIONS.includes(whenUnsatisfiable)) {
      errors.push(notSupported(`${path}.whenUnsatisfiable`, whenUnsatisfiable, ACTIONS));
    }
    // Of two that are alike it is the earlier that upstream reports.
    const isTwice = list
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (isTwice) {
      errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    }
    return joined(
      errors,
      validateMinDomains(constraint, `${path}.minDomains`),
      validateNodePolicies(constraint, path),
      validateMatchLabelKeys(constraint, path),
      validateLabelSelector(constraint.labelSelector, `${path}.labelSelector`),
    );
  });
}

function validateMinDomains({ minDomains, whenUnsatisfiable }: TopologySpreadConstraint, field: string): FieldError[] {
  if (minDomains === undefined) return [];
  const errors: FieldError[] = [];
  if (minDomains <= 0) errors.push(invalid(field, minDomains, "must be greater than zero"));
  if (whenUnsatisfiable !== "DoNotSchedule") {
    const message = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    errors.push(invalid(field, minDomains, message));
  }
  return errors;
}

function validateNodePolicies(constraint: TopologySpreadConstraint, field: string): FieldError[] {
  return (["nodeAffinityPolicy", "nodeTaintsPolicy"] as const).flatMap((key) => {
    const value = constraint[key];
    return value === undefined || NODE_POLICIES.includes(value)
      ? []
      : [notSupported(`${field}.${key}`, value, NODE_POLICIES)];
  });
}
