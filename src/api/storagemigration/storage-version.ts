import { ageColumn, firstThree, nameColumn, textColumn } from "../columns.ts";
import { requiredText } from "../field-checks.ts";
import type { StorageVersion } from "../generated/internal.apiserver.k8s.io/v1alpha1.ts";
import type { StorageVersionMigration } from "../generated/storagemigration.k8s.io/v1beta1.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";

export const storageVersionKind = defineKind<StorageVersion>({
  group: "internal.apiserver.k8s.io",
  version: "v1alpha1",
  kind: "StorageVersion",
  refusesUnconditionalUpdate: true,
  withoutGeneration: true,
  columns: [
    nameColumn,
    textColumn<StorageVersion>(
      "CommonEncodingVersion",
      "The version that all API servers encode to.",
      ({ status }) => status?.commonEncodingVersion ?? "<unset>",
    ),
    textColumn<StorageVersion>("StorageVersions", "The versions each API server encodes to.", ({ status }) =>
      firstThree(
        (status?.storageVersions ?? []).map((each) => `${each.apiServerID}=${each.encodingVersion}`),
        "<unset>",
      ),
    ),
    ageColumn,
  ],
});

export const storageVersionMigrationKind = defineKind<StorageVersionMigration>({
  group: "storagemigration.k8s.io",
  version: "v1beta1",
  kind: "StorageVersionMigration",
  refusesUnconditionalUpdate: true,
  withoutGeneration: true,
  prepareForCreate(migration) {
    migration.status = {};
  },
  validate: ({ spec }) => requiredText(spec?.resource?.resource, "spec.resource.resource"),
  validateUpdate: (migration, old) => immutable(migration.spec, old.spec, "spec"),
  columns: [
    nameColumn,
    textColumn<StorageVersionMigration>("Resource", "Fully qualified resource to migrate", ({ spec }) => {
      const { group, resource } = spec?.resource ?? { group: "", resource: "" };
      return group ? `${resource}.${group}` : (resource ?? "");
    }),
  ],
});
