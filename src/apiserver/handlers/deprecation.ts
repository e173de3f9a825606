/** What clients are told who still use it, by group, version and resource (upstream: APILifecycleDeprecated). */
const DEPRECATED: Readonly<Record<string, string>> = {
  "/v1/componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
  "/v1/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
};

/** The warning for requests to a resource that is deprecated, by `group/version/resource`. */
export function deprecationWarning(resourceKey: string): string | undefined {
  return DEPRECATED[resourceKey];
}
