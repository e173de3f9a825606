import { nameColumn, textColumn } from "../columns.ts";
import { findCondition } from "../conditions.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type {
  StorageVersionMigration,
  StorageVersionMigrationStatus,
} from "../generated/storagemigration.k8s.io/v1beta1.ts";
import { defineKind } from "../kind.ts";
import { validateConditions } from "../metav1-conditions.ts";
import { dns1035LabelErrors, dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

export const storageVersionMigrationKind = defineKind<StorageVersionMigration>({
  group: "storagemigration.k8s.io",
  version: "v1beta1",
  kind: "StorageVersionMigration",
  refusesUnconditionalUpdate: true,
  withoutGeneration: true,
  prepareForCreate(migration) {
    migration.status = {};
  },
  validate({ spec }) {
    const { resource = "", group = "" } = spec?.resource ?? {};
    const errors: FieldError[] = [];
    const field = "spec.resource";
    if (resource === "") errors.push(required(`${field}.resource`, "resource is required to be set"));
    else errors.push(...together(`${field}.resource`, resource, dns1035LabelErrors(resource)));
    return group === "" ? errors : [...errors, ...together(`${field}.group`, group, dnsSubdomainErrors(group))];
  },
  validateUpdate: (migration, old) => immutable(migration.spec, old.spec, "spec"),
  statusKeepsMetadata: true,
  validateStatusUpdate: ({ status = {} }, old) => validateStatus(status, old.status ?? {}),
  columns: [
    { ...nameColumn, format: "" },
    textColumn<StorageVersionMigration>("Resource", "Fully qualified resource to migrate", ({ spec }) => {
      const { group, resource } = spec?.resource ?? { group: "", resource: "" };
      return group ? `${resource}.${group}` : (resource ?? "");
    }),
  ],
});

const together = (field: string, value: string, messages: readonly string[]): FieldError[] =>
  messages.length === 0 ? [] : [invalid(field, value, messages.join(","))];

type Status = StorageVersionMigrationStatus;

function validateStatus(status: Status, old: Status): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceVersion: version = "", conditions = [] } = status;
  const field = "status.resourceVersion";
  if (version !== "" && !/^[1-9]\d*$/.test(version)) {
    errors.push(invalid(field, version, `resource version is not well formed: ${version}`));
  }
  errors.push(...validateConditions(conditions, "status.conditions"));
  if (old.resourceVersion && old.resourceVersion !== version) {
    errors.push(invalid(field, version, "field is immutable"));
  }
  const [succeeded, failed] = ["Succeeded", "Failed"].map((type) => isTrue(status, type));
  const wrong: readonly [isWrong: boolean | undefined, message: string][] = [
    [succeeded && failed, "Both success and failed conditions cannot be true at the same time"],
    [isTrue(old, "Succeeded") && !succeeded, "Success condition cannot be set to false once it is true"],
    [isTrue(old, "Failed") && !failed, "Failed condition cannot be set to false once it is true"],
  ];
  for (const [isWrong, message] of wrong) {
    if (isWrong) errors.push(invalid("status.conditions", conditions, message));
  }
  return errors;
}

const isTrue = ({ conditions }: Status, type: string): boolean => findCondition(conditions, type)?.status === "True";
