import { ageColumn, nameColumn, textColumn, wide } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, invalid, notSupported, required } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from "../generated/rbac.authorization.k8s.io/v1.ts";
import { type Column, defineKind, type KindDefinition } from "../kind.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

const RBAC = "rbac.authorization.k8s.io";
type Binding = RoleBinding | ClusterRoleBinding;

export const roleBindingKind = bindingKind("RoleBinding", ["Role", "ClusterRole"]);
export const clusterRoleBindingKind = bindingKind("ClusterRoleBinding", ["ClusterRole"]);

function bindingKind(kind: string, roleKinds: readonly string[]): KindDefinition {
  return defineKind<Binding>({
    group: RBAC,
    version: "v1",
    kind,
    nameRule: "pathSegment",
    setDefaults(binding) {
      if (binding.roleRef !== undefined) binding.roleRef.apiGroup ||= RBAC;
      for (const subject of binding.subjects ?? []) {
        if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= RBAC;
      }
    },
    validate: ({ roleRef, subjects }) => [
      ...validateRoleRef(roleRef, roleKinds),
      ...(subjects ?? []).flatMap((subject, index) =>
        validateSubject(subject, `subjects[${index}]`, kind === "RoleBinding"),
      ),
    ],
    validateUpdate(binding, old) {
      if (immutable(binding.roleRef, old.roleRef, "roleRef").length === 0) return [];
      const { apiGroup = "", kind: named = "", name = "" } = binding.roleRef ?? {};
      // What Go shows of a reference.
      return [invalid("roleRef", { APIGroup: apiGroup, Kind: named, Name: name }, "cannot change roleRef")];
    },
    columns: [
      nameColumn,
      textColumn<Binding>(
        "Role",
        kind === "RoleBinding"
          ? columnTexts["rbac.v1.RoleBinding.roleRef"]
          : columnTexts["rbac.v1.ClusterRoleBinding.roleRef"],
        ({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}`,
      ),
      ageColumn,
      subjectColumn("Users", "User", kind),
      subjectColumn("Groups", "Group", kind),
      subjectColumn("ServiceAccounts", "ServiceAccount", kind),
    ],
  });
}

function subjectColumn(name: string, kind: string, binding: string): Column<Binding> {
  const where = `${binding.charAt(0).toLowerCase()}${binding.slice(1)}`;
  return wide(
    textColumn<Binding>(name, `${name} in the ${where}`, ({ subjects }) =>
      (subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : subject.name))
        .join(", "),
    ),
  );
}

function validateRoleRef(roleRef: RoleRef | undefined, kinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup = "", kind = "", name = "" } = roleRef ?? {};
  if (apiGroup !== RBAC) errors.push(notSupported("roleRef.apiGroup", apiGroup, [RBAC]));
  if (!kinds.includes(kind)) errors.push(notSupported("roleRef.kind", kind, kinds));
  if (name === "") return [...errors, required("roleRef.name")];
  return [...errors, ...invalids("roleRef.name", name, pathSegmentErrors(name))];
}

function validateSubject(subject: Subject, field: string, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = subject.name ? [] : [required(`${field}.name`)];
  const apiGroup = subject.apiGroup ?? "";
  switch (subject.kind) {
    case "ServiceAccount":
      if (subject.name) errors.push(...invalids(`${field}.name`, subject.name, dnsSubdomainErrors(subject.name)));
      if (apiGroup !== "") errors.push(notSupported(`${field}.apiGroup`, apiGroup, [""]));
      if (!isNamespaced && !subject.namespace) errors.push(required(`${field}.namespace`));
      return errors;
    case "User":
    case "Group":
      if (apiGroup !== RBAC) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [RBAC]));
      return errors;
    default:
      return [...errors, notSupported(`${field}.kind`, subject.kind ?? "", ["ServiceAccount", "User", "Group"])];
  }
}
