import { isConditionTrue } from "../../../api/conditions.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "../../../api/generated/apiextensions.k8s.io/v1.ts";
import { customResourceDefinitions } from "../../../api/generated/resources.ts";
import type { AnyObject, ResourceReference } from "../../../api/meta.ts";
import type { MemoryServer } from "../../testing/memory-server.ts";

/** Definitions of CronTabs, which tests change to their needs. */
export function definitionOf(
  options: {
    group?: string;
    plural?: string;
    kind?: string;
    scope?: string;
    versions?: CustomResourceDefinitionVersion[];
    conversion?: CustomResourceDefinition["spec"]["conversion"];
    shortNames?: string[];
  } = {},
): CustomResourceDefinition {
  const { group = "stable.example.com", plural = "crontabs", kind = "CronTab", scope = "Namespaced" } = options;
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: {
        plural,
        kind,
        singular: kind.toLowerCase(),
        listKind: `${kind}List`,
        shortNames: options.shortNames ?? ["ct"],
        categories: ["all"],
      },
      versions: options.versions ?? [versionOf("v1", { storage: true })],
      ...(options.conversion !== undefined && { conversion: options.conversion }),
    },
  };
}

/** A version with a schema of the tests' usual fields. */
export function versionOf(
  name: string,
  options: Partial<CustomResourceDefinitionVersion> & { properties?: Record<string, object> } = {},
): CustomResourceDefinitionVersion {
  const { properties, ...rest } = options;
  return {
    name,
    served: true,
    storage: false,
    schema: {
      openAPIV3Schema: {
        type: "object",
        properties: {
          spec: {
            type: "object",
            required: ["cronSpec"],
            properties: {
              cronSpec: { type: "string", description: "when it runs" },
              image: { type: "string" },
              replicas: { type: "integer", minimum: 1, maximum: 10, default: 1 },
              ...properties,
            },
          },
          status: {
            type: "object",
            properties: { replicas: { type: "integer" }, labelSelector: { type: "string" } },
          },
        },
      },
    },
    subresources: {
      status: {},
      scale: {
        specReplicasPath: ".spec.replicas",
        statusReplicasPath: ".status.replicas",
        labelSelectorPath: ".status.labelSelector",
      },
    },
    additionalPrinterColumns: [
      { name: "Spec", type: "string", jsonPath: ".spec.cronSpec", description: "when it runs" },
      { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
    ...rest,
  };
}

/** Creates the definition and waits until it is established. */
export async function establish(
  { client }: MemoryServer,
  definition: CustomResourceDefinition,
): Promise<CustomResourceDefinition> {
  const made = await client.create(customResourceDefinitions, definition);
  const { resourceVersion = "" } = made.metadata ?? {};
  for await (const { object } of client.watch(customResourceDefinitions, { resourceVersion })) {
    const isIt = object.metadata?.uid === made.metadata?.uid;
    if (isIt && isConditionTrue(object.status?.conditions, "Established")) return object;
  }
  throw new Error("the watch ended before the definition was established");
}

export function cronTabs(version = "v1"): ResourceReference {
  return { group: "stable.example.com", version, resource: "crontabs", kind: "CronTab", namespaced: true };
}

export function cronTab(name: string, spec: object): AnyObject {
  return { metadata: { name, namespace: "default" }, spec };
}
