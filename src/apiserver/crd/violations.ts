import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { compileStructural } from "../../api/structural/compile.ts";
import { structuralViolations } from "../../api/structural/violations.ts";

/** Why a definition's schemas are not structural, in one text; empty when they are. Kept until the definition changes. */
export interface KnownViolations {
  of(definition: CustomResourceDefinition): string;
  forget(name: string): void;
}

export function knownViolations(): KnownViolations {
  const known = new Map<string, { readonly version: string; readonly text: string }>();
  return {
    of(definition) {
      const { name = "", uid, generation } = definition.metadata ?? {};
      const version = `${uid} ${generation}`;
      let found = known.get(name);
      if (found?.version !== version) {
        found = { version, text: violationsText(definition) };
        known.set(name, found);
      }
      return found.text;
    },
    forget: (name) => void known.delete(name),
  };
}

/** Definitions with such schemas cannot be written today, but older servers may have stored some. */
function violationsText({ spec }: CustomResourceDefinition): string {
  const kept = spec.preserveUnknownFields === true ? [PRESERVES] : [];
  const found = spec.versions
    .flatMap(({ schema }, index) => {
      if (schema?.openAPIV3Schema === undefined) return [];
      const field = `spec.versions[${index}].schema.openAPIV3Schema`;
      return structuralViolations(compileStructural(schema.openAPIV3Schema), field);
    })
    .map(({ field, message }) => `${field}: ${message}`);
  const all = [...kept, ...found];
  return all.length > 1 ? `[${all.join(", ")}]` : (all[0] ?? "");
}

const PRESERVES = "spec.preserveUnknownFields: Invalid value: true: must be false";
