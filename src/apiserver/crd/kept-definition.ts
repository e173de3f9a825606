import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { objectOf } from "../registry/codec.ts";

/**
 * What is kept of every definition: all but the schemas, which are large. They are read from the watch cache's bytes when
 * somebody needs them.
 */
export interface KeptDefinition extends CustomResourceDefinition {
  readonly bytes: Buffer;
}

/** @param bytes of the same definition */
export function keptDefinition(definition: CustomResourceDefinition, bytes: Buffer): KeptDefinition {
  const { metadata = {}, spec, status } = definition;
  const { name, uid, generation, finalizers, deletionTimestamp } = metadata;
  return {
    bytes,
    metadata: { name, uid, generation, finalizers, deletionTimestamp } as NonNullable<KeptDefinition["metadata"]>,
    spec: { ...spec, versions: spec.versions.map(withoutSchema) },
    ...(status !== undefined && { status }),
  };
}

function withoutSchema({ schema: _, ...rest }: CustomResourceDefinitionVersion): CustomResourceDefinitionVersion {
  return rest;
}

/** The schema of a version; undefined for a version without. */
export function schemaIn({ bytes }: { readonly bytes: Buffer }, version: string): JSONSchemaProps | undefined {
  const { spec } = objectOf<CustomResourceDefinition>(bytes);
  return spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
}
