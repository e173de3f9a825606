import type { CustomResourceDefinitionSpec } from "../generated/apiextensions.k8s.io/v1.ts";

/** Fills in what follows from the rest, in place. */
export function setDefinitionDefaults(spec: CustomResourceDefinitionSpec): void {
  if (spec.names !== undefined) {
    if (!spec.names.singular && spec.names.kind) spec.names.singular = spec.names.kind.toLowerCase();
    if (!spec.names.listKind && spec.names.kind) spec.names.listKind = `${spec.names.kind}List`;
  }
  spec.conversion ??= { strategy: "None" };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service !== undefined) service.port ??= 443;
}
