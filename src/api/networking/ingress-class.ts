import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, notSupported, required, tooLong } from "../field-error.ts";
import type { IngressClass } from "../generated/networking.k8s.io/v1.ts";
import { countGeneration, startGeneration } from "../generation.ts";
import { defineKind } from "../kind.ts";
import { dnsLabelErrors, domainPrefixedPathErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateTypedReference } from "./typed-reference.ts";

const CONTROLLER_MAX = 250;

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
  const field = "spec.controller";
  const { controller = "", parameters } = spec ?? {};
  const errors: FieldError[] = Buffer.byteLength(controller) > CONTROLLER_MAX ? [tooLong(field, CONTROLLER_MAX)] : [];
  if (controller === "") errors.push(required(field));
  else {
    errors.push(...domainPrefixedPathErrors(controller).map(({ value, message }) => invalid(field, value, message)));
  }
  if (parameters === undefined) return errors;
  const path = "spec.parameters";
  errors.push(...validateTypedReference(parameters, path));
  const { scope, namespace } = parameters;
  if (scope === undefined) return [...errors, required(`${path}.scope`)];
  const scopes = ["Cluster", "Namespace"];
  if (!scopes.includes(scope)) return [...errors, notSupported(`${path}.scope`, scope, scopes)];
  if (scope === "Cluster" && namespace !== undefined) {
    errors.push(forbiddenField(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  if (scope === "Cluster") return errors;
  if (namespace === undefined) {
    return [...errors, required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  }
  return [...errors, ...invalids(`${path}.namespace`, namespace, dnsLabelErrors(namespace))];
}
