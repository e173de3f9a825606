import type { GroupVersionKind, SpecialType } from "../../../src/api/schema.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const core = "io.k8s.api.core.v1";
const extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

/** Types that OpenAPI shows as scalars or as any JSON value. */
export const specialTypes: Readonly<Record<string, SpecialType>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
  [`${meta}.Time`]: "time",
  [`${meta}.MicroTime`]: "microTime",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "raw",
  [`${meta}.FieldsV1`]: "fieldsV1",
  [`${extensions}.JSON`]: "json",
  [`${extensions}.JSONSchemaPropsOrArray`]: "jsonSchemaPropsOrArray",
  [`${extensions}.JSONSchemaPropsOrBool`]: "jsonSchemaPropsOrBool",
  [`${extensions}.JSONSchemaPropsOrStringArray`]: "jsonSchemaPropsOrStringArray",
  "io.k8s.api.authentication.v1.ExtraValue": "extraValue",
  "io.k8s.api.authorization.v1.ExtraValue": "extraValue",
  "io.k8s.api.certificates.v1.ExtraValue": "extraValue",
  [`${meta}.Verbs`]: "verbs",
};

/** Kinds that clients send or ask for although no path of the OpenAPI document has them. */
export const extraKinds: Readonly<Record<string, GroupVersionKind>> = {
  ...Object.fromEntries(
    ["CreateOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions"].map((kind) => [
      `${meta}.${kind}`,
      { group: "meta.k8s.io", version: "v1", kind },
    ]),
  ),
  ...Object.fromEntries(
    ["PartialObjectMetadata", "PartialObjectMetadataList", "Table", "TableOptions"].map((kind) => [
      `${meta}.${kind}`,
      { group: "meta.k8s.io", version: "v1", kind },
    ]),
  ),
  ...Object.fromEntries(
    [
      "List",
      "NodeProxyOptions",
      "PodAttachOptions",
      "PodExecOptions",
      "PodLogOptions",
      "PodPortForwardOptions",
      "PodProxyOptions",
      "PodStatusResult",
      "RangeAllocation",
      "SerializedReference",
      "ServiceProxyOptions",
    ].map((kind) => [`${core}.${kind}`, { group: "", version: "v1", kind }]),
  ),
  "io.k8s.api.admission.v1.AdmissionReview": { group: "admission.k8s.io", version: "v1", kind: "AdmissionReview" },
  "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList": {
    group: "apidiscovery.k8s.io",
    version: "v2",
    kind: "APIGroupDiscoveryList",
  },
  "io.k8s.api.apidiscovery.v2beta1.APIGroupDiscoveryList": {
    group: "apidiscovery.k8s.io",
    version: "v2beta1",
    kind: "APIGroupDiscoveryList",
  },
  [`${extensions}.ConversionReview`]: { group: "apiextensions.k8s.io", version: "v1", kind: "ConversionReview" },
};
