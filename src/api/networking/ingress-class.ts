import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { optionalOneOf, requiredText } from "../field-checks.ts";
import { type FieldError, forbiddenField, required, tooLong } from "../field-error.ts";
import type { IngressClass } from "../generated/networking.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import { immutable } from "../object-meta.ts";

export const ingressClassKind = defineKind<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  setDefaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= "Cluster";
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: countGeneration,
  validate: validateClass,
  validateUpdate: (each, old) => immutable(each.spec?.controller, old.spec?.controller, "spec.controller"),
  columns: [
    nameColumn,
    textColumn<IngressClass>(
      "Controller",
      "Controller that is responsible for handling this class",
      ({ spec }) => spec?.controller ?? "",
    ),
    textColumn<IngressClass>("Parameters", "A reference to a resource with additional parameters", ({ spec }) => {
      if (spec?.parameters === undefined) return "<none>";
      const { kind, apiGroup, name } = spec.parameters;
      return `${kind}${apiGroup === undefined ? "" : `.${apiGroup}`}/${name}`;
    }),
    ageColumn,
  ],
});

function validateClass({ spec }: IngressClass): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.controller ?? "").length > 250) errors.push(tooLong("spec.controller", 250));
  const parameters = spec?.parameters;
  if (parameters === undefined) return errors;
  errors.push(
    ...requiredText(parameters.kind, "spec.parameters.kind"),
    ...requiredText(parameters.name, "spec.parameters.name"),
  );
  errors.push(...optionalOneOf(parameters.scope, ["Cluster", "Namespace"], "spec.parameters.scope"));
  if (parameters.scope === "Namespace" && !parameters.namespace) {
    errors.push(required("spec.parameters.namespace", "`parameters.scope` is set to 'Namespace'"));
  }
  if (parameters.scope === "Cluster" && parameters.namespace !== undefined) {
    errors.push(forbiddenField("spec.parameters.namespace", "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}
