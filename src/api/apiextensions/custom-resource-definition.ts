import { nameAndCreationColumns } from "../columns.ts";
import type { CustomResourceDefinition, CustomResourceDefinitionSpec } from "../generated/apiextensions.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { setDefinitionDefaults } from "./definition-defaults.ts";
import { validateDefinition, validateDefinitionStatus } from "./validate-definition.ts";

export const customResourceDefinitionKind = defineKind<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  refusesUnconditionalUpdate: true,
  setDefaults({ spec }) {
    if (spec !== undefined) setDefinitionDefaults(spec);
  },
  prepareForCreate(definition) {
    definition.status = { storedVersions: storageVersions(definition.spec) };
  },
  prepareForUpdate(definition) {
    const status = definition.status ?? {};
    const stored = status.storedVersions ?? [];
    for (const version of storageVersions(definition.spec)) {
      if (!stored.includes(version)) definition.status = { ...status, storedVersions: [...stored, version] };
    }
  },
  validateCreate: (definition) => validateDefinition(definition),
  validateUpdate: validateDefinition,
  validateStatusUpdate: validateDefinitionStatus,
  columns: nameAndCreationColumns,
});

const storageVersions = (spec: CustomResourceDefinitionSpec | undefined): string[] =>
  (spec?.versions ?? []).filter((version) => version.storage).map((version) => version.name);
