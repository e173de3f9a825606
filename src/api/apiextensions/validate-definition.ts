import { invalids, named, oneOf } from "../field-checks.ts";
import { duplicate, type FieldError, forbiddenField, invalid, required } from "../field-error.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from "../generated/apiextensions.k8s.io/v1.ts";
import { dns1035LabelErrors, dnsSubdomainErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

const PROTECTED_GROUP = /(^|\.)(k8s|kubernetes)\.io$/;
const APPROVED = "api-approved.kubernetes.io";

/** What is wrong with a definition, apart from its versions' schemas. */
export function validateDefinition({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const group = spec?.group ?? "";
  const name = metadata?.name ?? "";
  const wanted = `${spec?.names?.plural ?? ""}.${group}`;
  if (name !== wanted) errors.push(invalid("metadata.name", name, `must be spec.names.plural+"."+spec.group`));
  if (group === "") errors.push(required("spec.group"));
  else {
    errors.push(...invalids("spec.group", group, dnsSubdomainErrors(group)));
    if (group.split(".").length < 2)
      errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  }
  if (PROTECTED_GROUP.test(group) && !metadata?.annotations?.[APPROVED]) {
    errors.push(
      required(
        `metadata.annotations[${APPROVED}]`,
        'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      ),
    );
  }
  errors.push(...oneOf(spec?.scope, ["Cluster", "Namespaced"], "spec.scope"));
  return [
    ...errors,
    ...validateVersions(spec?.versions ?? []),
    ...validateNames(spec?.names, "spec.names"),
    ...validateConversion(spec),
  ];
}

function validateVersions(versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const errors: FieldError[] = [];
  if (versions.length === 0)
    errors.push(required("spec.versions", "must have exactly one version marked as storage version"));
  const names = new Set<string>();
  versions.forEach((version, index) => {
    const field = `spec.versions[${index}]`;
    errors.push(...invalids(`${field}.name`, version.name, dns1035LabelErrors(version.name ?? "")));
    if (names.has(version.name)) errors.push(invalid(`${field}.name`, version.name, "must be unique"));
    names.add(version.name);
    if (version.schema?.openAPIV3Schema === undefined) {
      errors.push(required(`${field}.schema.openAPIV3Schema`, "schemas are required"));
    }
    const scale = version.subresources?.scale;
    if (scale !== undefined) {
      const paths = [
        ["specReplicasPath", ".spec.", scale.specReplicasPath],
        ["statusReplicasPath", ".status.", scale.statusReplicasPath],
      ] as const;
      for (const [key, start, path] of paths) {
        const at = `${field}.subresources.scale.${key}`;
        if (!path) errors.push(required(at));
        else if (!path.startsWith(start))
          errors.push(invalid(at, path, `should be a json path under ${start.slice(0, -1)}`));
      }
    }
    (version.additionalPrinterColumns ?? []).forEach((column, at) => {
      const path = `${field}.additionalPrinterColumns[${at}]`;
      if (!column.name) errors.push(required(`${path}.name`));
      if (!column.jsonPath) errors.push(required(`${path}.jsonPath`));
      errors.push(...oneOf(column.type, ["boolean", "date", "integer", "number", "string"], `${path}.type`));
    });
  });
  if (versions.length > 0 && versions.filter((version) => version.storage).length !== 1) {
    errors.push(
      invalid(
        "spec.versions",
        versions.map((version) => version.name),
        "must have exactly one version marked as storage version",
      ),
    );
  }
  return errors;
}

function validateNames(names: CustomResourceDefinitionNames | undefined, field: string): FieldError[] {
  const { plural, singular, kind, listKind, shortNames = [], categories = [] } = names ?? {};
  const lower = (value: string): string[] => dns1035LabelErrors(value.toLowerCase());
  const errors = [
    ...named(plural, dns1035LabelErrors, `${field}.plural`),
    ...named(singular, dns1035LabelErrors, `${field}.singular`),
    ...named(kind, lower, `${field}.kind`),
    ...named(listKind, lower, `${field}.listKind`),
  ];
  for (const [list, key] of [
    [shortNames, "shortNames"],
    [categories, "categories"],
  ] as const) {
    list.forEach((name, index) => {
      errors.push(...invalids(`${field}.${key}[${index}]`, name, dns1035LabelErrors(name)));
    });
  }
  if (kind !== undefined && kind === listKind)
    errors.push(invalid(`${field}.listKind`, listKind, "kind and listKind may not be the same"));
  return errors;
}

function validateConversion(spec: CustomResourceDefinitionSpec | undefined): FieldError[] {
  const { strategy, webhook } = spec?.conversion ?? {};
  const errors = oneOf(strategy, ["None", "Webhook"], "spec.conversion.strategy");
  if (strategy === "None" && webhook !== undefined) {
    errors.push(forbiddenField("spec.conversion.webhook", "should not be set when strategy is not set to Webhook"));
  }
  if (strategy !== "Webhook") return errors;
  if (webhook?.clientConfig === undefined) {
    errors.push(required("spec.conversion.webhook.clientConfig", "required when strategy is set to Webhook"));
  }
  const versions = webhook?.conversionReviewVersions ?? [];
  if (versions.length === 0) errors.push(required("spec.conversion.webhook.conversionReviewVersions"));
  versions.forEach((version, index) => {
    if (versions.indexOf(version) < index) {
      errors.push(duplicate(`spec.conversion.webhook.conversionReviewVersions[${index}]`, version));
    }
  });
  return errors;
}

/** What is wrong with a change: an established definition keeps its scope, group and names. */
export function validateDefinitionUpdate(
  { spec, status }: CustomResourceDefinition,
  old: CustomResourceDefinition,
): FieldError[] {
  const before = old.spec;
  const established = old.status?.conditions?.some((each) => each.type === "Established" && each.status === "True");
  const errors: FieldError[] = [];
  if (established) {
    errors.push(
      ...immutable(spec?.scope, before?.scope, "spec.scope"),
      ...immutable(spec?.names?.kind, before?.names?.kind, "spec.names.kind"),
    );
  }
  errors.push(
    ...immutable(spec?.group, before?.group, "spec.group"),
    ...immutable(spec?.names?.plural, before?.names?.plural, "spec.names.plural"),
  );
  const names = (spec?.versions ?? []).map((version) => version.name);
  (status?.storedVersions ?? []).forEach((version, index) => {
    if (!names.includes(version)) {
      errors.push(invalid(`status.storedVersions[${index}]`, version, "must appear in spec.versions"));
    }
  });
  return errors;
}
