import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { compileStructural } from "../../api/structural/compile.ts";
import { patternViolations } from "../../api/structural/pattern-violations.ts";
import { inOrderOfTexts, structuralViolations } from "../../api/structural/violations.ts";

/** Why a definition's schemas are not structural, in one text; empty when they are. Kept until the definition changes. */
export interface KnownViolations {
  of(definition: CustomResourceDefinition): Promise<string>;
  forget(name: string): void;
}

export function knownViolations(): KnownViolations {
  const known = new Map<string, { readonly version: string; readonly text: string }>();
  return {
    async of(definition) {
      const { name = "", uid, generation } = definition.metadata ?? {};
      const version = `${uid} ${generation}`;
      let found = known.get(name);
      if (found?.version !== version) {
        found = { version, text: await violationsText(definition) };
        known.set(name, found);
      }
      return found.text;
    },
    forget: (name) => void known.delete(name),
  };
}

/** Definitions with such schemas cannot be written today, but older servers may have stored some. */
async function violationsText({ spec }: CustomResourceDefinition): Promise<string> {
  const isOld = spec.preserveUnknownFields === true;
  const all = isOld ? [PRESERVES] : [];
  for (const [index, { schema }] of spec.versions.entries()) {
    if (schema?.openAPIV3Schema === undefined) continue;
    const field = `spec.versions[${index}].schema.openAPIV3Schema`;
    const found = structuralViolations(compileStructural(schema.openAPIV3Schema), field);
    // What is compiled to find these out is heavy, and patterns of others were looked at when they were written.
    const wrongPatterns = isOld ? await patternViolations(schema.openAPIV3Schema, field) : [];
    all.push(...inOrderOfTexts([...found, ...wrongPatterns]).map((each) => `${each.field}: ${each.message}`));
  }
  return all.length > 1 ? `[${all.join(", ")}]` : (all[0] ?? "");
}

const PRESERVES = "spec.preserveUnknownFields: Invalid value: true: must be false";
