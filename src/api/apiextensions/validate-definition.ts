import { isConditionTrue } from "../conditions.ts";
import { oneOf } from "../field-checks.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
} from "../generated/apiextensions.k8s.io/v1.ts";
import { dns1035LabelErrors, dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateApiApproval } from "./api-approval.ts";
import { hasDefault, someSchemaOf } from "./schema-places.ts";
import { hasNoAcceptedVersion, isBundle, validateConversion } from "./validate-conversion.ts";
import { validateVersionParts } from "./validate-version.ts";

/**
 * What is wrong with a definition, or a change of one, but for its schemas (validate-schemas.ts, which has to wait for what
 * schemas use). Errors name fields of upstream's internal form: see schema-places.ts.
 *
 * @param old what was wrong in it before, and was allowed then, is not told
 */
export function validateDefinition(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { metadata, status } = definition;
  const spec = specOf(definition);
  const name = metadata?.name ?? "";
  const errors: FieldError[] = [];
  if (old === undefined && name !== `${spec?.names?.plural ?? ""}.${spec?.group ?? ""}`) {
    errors.push(invalid("metadata.name", name, `must be spec.names.plural+"."+spec.group`));
  }
  return [
    ...errors,
    ...specErrors(spec, old),
    ...(old === undefined ? [] : changeErrors(spec, old)),
    ...validateNames(status?.acceptedNames, "status.acceptedNames"),
    ...storedVersionErrors(definition),
    ...validateApiApproval(definition, old),
    ...preserveErrors(spec, old?.spec),
  ];
}

/** Clients may leave it out, however required it is. */
const specOf = ({ spec }: CustomResourceDefinition): CustomResourceDefinitionSpec =>
  spec ?? ({} as CustomResourceDefinitionSpec);

/** What is wrong with a write of status. */
export function validateDefinitionStatus({ status }: CustomResourceDefinition): FieldError[] {
  return validateNames(status?.acceptedNames, "status.acceptedNames");
}

function specErrors(spec: CustomResourceDefinitionSpec, old: CustomResourceDefinition | undefined): FieldError[] {
  const group = spec?.group ?? "";
  const errors: FieldError[] = [];
  if (group === "") errors.push(required("spec.group"));
  else {
    const wrong = dnsSubdomainErrors(group);
    if (wrong.length > 0) errors.push(invalid("spec.group", group, wrong.join(",")));
    else if (!group.includes("."))
      errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  }
  const oldConversion = old?.spec?.conversion?.webhook;
  const oldBundle = oldConversion?.clientConfig?.caBundle;
  return [
    ...errors,
    ...oneOf(spec?.scope, ["Cluster", "Namespaced"], "spec.scope"),
    ...versionErrors(spec, old?.spec),
    ...requiredNames(spec?.names),
    ...validateNames(spec?.names, "spec.names"),
    ...validateVersionParts(spec, old?.spec),
    ...validateConversion(spec?.conversion, {
      requiresAccepted: !hasNoAcceptedVersion(oldConversion?.conversionReviewVersions),
      requiresBundle:
        old !== undefined &&
        isConditionTrue(old.status?.conditions, "Established") &&
        (!oldBundle || isBundle(oldBundle)),
    }),
  ];
}

function versionErrors(
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): FieldError[] {
  const versions = spec?.versions ?? [];
  const errors: FieldError[] = [];
  const lackedSchemas = old?.versions?.some(({ schema }) => schema?.openAPIV3Schema === undefined) === true;
  versions.forEach(({ served, schema }, index) => {
    if (schema?.openAPIV3Schema !== undefined) return;
    const field = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (!lackedSchemas) errors.push(required(field));
    else if (served && spec.preserveUnknownFields !== true) {
      errors.push(required(field, "because otherwise all fields are pruned"));
    }
  });
  if (spec?.preserveUnknownFields === true && someSchemaOf(spec, hasDefault)) {
    const detail = "must be false in order to use defaults in the schema";
    errors.push(invalid("spec.preserveUnknownFields", true, detail));
  }
  versions.forEach(({ name }, index) => {
    const wrong = dns1035LabelErrors(name ?? "");
    if (wrong.length > 0) errors.push(invalid(`spec.versions[${index}].name`, name, wrong.join(",")));
  });
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    errors.push(invalid("spec.versions", shownVersions(spec), "must contain unique version names"));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const detail = "must have exactly one version marked as storage version";
    errors.push(invalid("spec.versions", shownVersions(spec), detail));
  }
  // Upstream's internal form names the first version once more.
  const [first = ""] = names;
  const wrong = first === "" ? [] : dns1035LabelErrors(first);
  if (wrong.length > 0) errors.push(invalid("spec.version", first, wrong.join(",")));
  return errors;
}

/** Versions as upstream's errors show them, without what is long. */
function shownVersions(spec: CustomResourceDefinitionSpec): readonly Record<string, unknown>[] | null {
  const versions = spec?.versions ?? [];
  if (versions.length === 0) return null;
  return versions.map(({ name, served, storage, deprecated, deprecationWarning }) => ({
    Name: name,
    Served: served ?? false,
    Storage: storage ?? false,
    Deprecated: deprecated ?? false,
    DeprecationWarning: deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }));
}

function requiredNames(names: CustomResourceDefinitionNames | undefined): FieldError[] {
  const keys = ["plural", "singular", "kind", "listKind"] as const;
  return keys.flatMap((key) => (names?.[key] ? [] : [required(`spec.names.${key}`)]));
}

function validateNames(names: CustomResourceDefinitionNames | undefined, field: string): FieldError[] {
  const { plural = "", singular = "", kind = "", listKind = "", shortNames = [], categories = [] } = names ?? {};
  const label = (value: string, key: string): FieldError[] => {
    const wrong = dns1035LabelErrors(value);
    return wrong.length === 0 ? [] : [invalid(`${field}.${key}`, value, wrong.join(","))];
  };
  const mixedCase = (value: string, key: string): FieldError[] => {
    const wrong = value === "" ? [] : dns1035LabelErrors(value.toLowerCase());
    const detail = `may have mixed case, but should otherwise match: ${wrong.join(",")}`;
    return wrong.length === 0 ? [] : [invalid(`${field}.${key}`, value, detail)];
  };
  return [
    ...(plural === "" ? [] : label(plural, "plural")),
    ...(singular === "" ? [] : label(singular, "singular")),
    ...mixedCase(kind, "kind"),
    ...mixedCase(listKind, "listKind"),
    ...shortNames.flatMap((name, index) => label(name, `shortNames[${index}]`)),
    ...(kind !== "" && kind === listKind
      ? [invalid(`${field}.listKind`, listKind, "kind and listKind may not be the same")]
      : []),
    ...categories.flatMap((name, index) => label(name, `categories[${index}]`)),
  ];
}

/** An established definition keeps what its objects are stored by. */
function changeErrors(spec: CustomResourceDefinitionSpec, old: CustomResourceDefinition): FieldError[] {
  const before = specOf(old);
  const established = isConditionTrue(old.status?.conditions, "Established");
  return [
    ...(established
      ? [
          ...immutable(spec?.scope, before.scope, "spec.scope"),
          ...immutable(spec?.names?.kind, before.names?.kind, "spec.names.kind"),
        ]
      : []),
    ...immutable(spec?.group, before.group, "spec.group"),
    ...immutable(spec?.names?.plural, before.names?.plural, "spec.names.plural"),
  ];
}

function storedVersionErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const field = "status.storedVersions";
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [invalid(field, null, "must have at least one stored version")];
  const versions = spec?.versions ?? [];
  const storage = versions.filter((version) => version.storage && !stored.includes(version.name));
  return [
    ...storage.map(({ name }) => invalid(field, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, index) =>
      versions.some((version) => version.name === name)
        ? []
        : [
            invalid(
              `${field}[${index}]`,
              name,
              `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
            ),
          ],
    ),
  ];
}

function preserveErrors(
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): FieldError[] {
  if (spec?.preserveUnknownFields !== true || old?.preserveUnknownFields === true) return [];
  const detail =
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
  return [invalid("spec.preserveUnknownFields", true, detail)];
}
