import { nameAndCreationColumns } from "../columns.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { ClusterRole, PolicyRule, Role } from "../generated/rbac.authorization.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { validateLabelSelector } from "../selectors.ts";

const RBAC = "rbac.authorization.k8s.io";

export const roleKind = defineKind<Role>({
  group: RBAC,
  version: "v1",
  kind: "Role",
  nameRule: "pathSegment",
  validate: ({ rules }) => validateRules(rules, true),
  columns: nameAndCreationColumns,
});

export const clusterRoleKind = defineKind<ClusterRole>({
  group: RBAC,
  version: "v1",
  kind: "ClusterRole",
  nameRule: "pathSegment",
  validate({ rules, aggregationRule }) {
    const errors = validateRules(rules, false);
    if (aggregationRule === undefined) return errors;
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    if (selectors.length === 0) {
      errors.push(
        required(
          "aggregationRule.clusterRoleSelectors",
          "at least one clusterRoleSelector required if aggregationRule is non-nil",
        ),
      );
    }
    const field = "aggregationRule.clusterRoleSelectors";
    return [
      ...errors,
      ...selectors.flatMap((selector, index) => validateLabelSelector(selector, `${field}[${index}]`)),
    ];
  },
  columns: nameAndCreationColumns,
});

function validateRules(rules: readonly PolicyRule[] | null | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => {
    const field = `rules[${index}]`;
    const errors: FieldError[] = [];
    const { resources = [], apiGroups = [], nonResourceURLs = [] } = rule;
    if ((rule.verbs ?? []).length === 0)
      errors.push(required(`${field}.verbs`, "verbs must contain at least one value"));
    if (nonResourceURLs.length > 0) {
      if (namespaced) {
        errors.push(
          invalid(`${field}.nonResourceURLs`, nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"),
        );
      }
      if (apiGroups.length > 0 || resources.length > 0 || (rule.resourceNames ?? []).length > 0) {
        errors.push(
          invalid(
            `${field}.nonResourceURLs`,
            nonResourceURLs,
            "rules cannot apply to both regular resources and non-resource URLs",
          ),
        );
      }
      return errors;
    }
    if (apiGroups.length === 0)
      errors.push(required(`${field}.apiGroups`, "resource rules must supply at least one api group"));
    if (resources.length === 0)
      errors.push(required(`${field}.resources`, "resource rules must supply at least one resource"));
    return errors;
  });
}
