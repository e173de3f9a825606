import { isBundle } from "../../api/apiextensions/validate-conversion.ts";
import { findCondition, isConditionTrue, setCondition, withoutCondition } from "../../api/conditions.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionStatus,
} from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import { approvalCondition } from "./approval.ts";
import { decideNames } from "./names.ts";

export const ESTABLISHED = "Established";
const NON_STRUCTURAL = "NonStructuralSchema";

/**
 * What a definition's status says about its names, whether it is served, its schema and its group; undefined when it says so
 * already. A definition that was established once stays so.
 *
 * @param known now as RFC 3339, and why its schemas are not structural (empty when they are)
 */
export function planStatus(
  definition: CustomResourceDefinition,
  all: Iterable<CustomResourceDefinition>,
  { time, violations }: { time: string; violations: string },
): CustomResourceDefinitionStatus | undefined {
  const before = definition.status ?? {};
  const { acceptedNames, condition } = decideNames(definition, all);
  let conditions = setCondition(before.conditions, condition, time);
  if (!isConditionTrue(conditions, ESTABLISHED)) {
    conditions = setCondition(conditions, establishedCondition(definition, condition.status === "True"), time);
  }
  const approval = approvalCondition(definition);
  if (approval !== undefined) conditions = setCondition(conditions, approval, time);
  if (violations !== "") {
    const nonStructural = { type: NON_STRUCTURAL, status: "True", reason: "Violations", message: violations };
    conditions = setCondition(conditions, nonStructural, time);
  } else if (findCondition(conditions, NON_STRUCTURAL) !== undefined) {
    conditions = withoutCondition(conditions, NON_STRUCTURAL);
  }
  const status = { ...before, conditions, acceptedNames };
  return equalJson(status, before) ? undefined : status;
}

function establishedCondition({ spec }: CustomResourceDefinition, isAccepted: boolean) {
  if (!isAccepted)
    return { type: ESTABLISHED, status: "False", reason: "NotAccepted", message: "not all names are accepted" };
  const bundle = spec.conversion?.webhook?.clientConfig?.caBundle;
  if (bundle && !isBundle(bundle)) {
    const message = "The conversion webhook CABundle is invalid";
    return { type: ESTABLISHED, status: "False", reason: "InvalidCABundle", message };
  }
  const message = "the initial names have been accepted";
  return { type: ESTABLISHED, status: "True", reason: "InitialNamesAccepted", message };
}
