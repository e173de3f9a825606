import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  WebhookClientConfig,
} from "../generated/apiextensions.k8s.io/v1.ts";
import { setDefinitionDefaults } from "./definition-defaults.ts";

type ColumnV1beta1 = Omit<CustomResourceColumnDefinition, "jsonPath"> & { readonly JSONPath: string };

/** What a version may say for itself, and v1beta1 also once for all of them. */
interface PartsV1beta1 {
  readonly subresources?: CustomResourceDefinitionVersion["subresources"];
  readonly selectableFields?: CustomResourceDefinitionVersion["selectableFields"];
  readonly additionalPrinterColumns?: readonly ColumnV1beta1[];
}

interface VersionV1beta1 extends PartsV1beta1 {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema?: CustomResourceDefinitionVersion["schema"];
}

interface ConversionV1beta1 {
  readonly strategy: string;
  readonly webhookClientConfig?: WebhookClientConfig;
  readonly conversionReviewVersions?: string[];
}

/** Of apiextensions.k8s.io/v1beta1, where it differs from v1. */
export interface DefinitionV1beta1 extends Omit<CustomResourceDefinition, "spec"> {
  readonly spec: Omit<CustomResourceDefinitionSpec, "versions" | "conversion" | "scope"> &
    PartsV1beta1 & {
      readonly scope?: string;
      readonly version?: string;
      readonly versions?: readonly VersionV1beta1[];
      readonly validation?: CustomResourceDefinitionVersion["schema"];
      readonly conversion?: ConversionV1beta1;
    };
}

/**
 * A definition as it was stored in v1beta1, with the defaults of that version. It is served no more, but upstream's API server
 * stores all definitions in it to this day (pkg/controlplane/apiserver/apiextensions.go): what its versions have in common
 * stands there once.
 */
export function definitionFromV1beta1(old: DefinitionV1beta1): CustomResourceDefinition {
  const { version, versions, validation, subresources, selectableFields, additionalPrinterColumns, ...rest } = old.spec;
  const common: Partial<CustomResourceDefinitionVersion> = {
    ...(validation && { schema: validation }),
    ...(subresources && { subresources }),
    ...(selectableFields && { selectableFields }),
    ...columnsOf(additionalPrinterColumns),
  };
  const named = versions?.length ? versions : onlyVersion(version);
  const spec: CustomResourceDefinitionSpec = {
    ...rest,
    scope: rest.scope || "Namespaced",
    names: { ...rest.names },
    versions: named.map(({ additionalPrinterColumns: own, ...each }) => ({ ...each, ...columnsOf(own), ...common })),
    conversion: conversionOf(rest.conversion),
  };
  // Absent means true there, and false in v1.
  if (rest.preserveUnknownFields === false) delete spec.preserveUnknownFields;
  else spec.preserveUnknownFields = true;
  setDefinitionDefaults(spec);
  return { ...old, apiVersion: "apiextensions.k8s.io/v1", spec, ...storedVersions(old.status, spec) };
}

const onlyVersion = (name: string | undefined): readonly VersionV1beta1[] =>
  name ? [{ name, served: true, storage: true }] : [];

function columnsOf(columns: readonly ColumnV1beta1[] | undefined) {
  if (columns === undefined) return {};
  return { additionalPrinterColumns: columns.map(({ JSONPath: jsonPath, ...column }) => ({ ...column, jsonPath })) };
}

function conversionOf(old: ConversionV1beta1 = { strategy: "None" }): CustomResourceConversion {
  const { strategy, webhookClientConfig, conversionReviewVersions = [] } = old;
  const given = conversionReviewVersions.length > 0 || strategy !== "Webhook" ? conversionReviewVersions : ["v1beta1"];
  if (webhookClientConfig === undefined && given.length === 0) return { strategy };
  const clientConfig = webhookClientConfig && structuredClone(webhookClientConfig);
  return { strategy, webhook: { ...(clientConfig && { clientConfig }), conversionReviewVersions: given } };
}

function storedVersions(status: CustomResourceDefinition["status"], spec: CustomResourceDefinitionSpec) {
  if (status?.storedVersions?.length) return {};
  const stored = spec.versions.find(({ storage }) => storage);
  return stored === undefined ? {} : { status: { ...status, storedVersions: [stored.name] } };
}
