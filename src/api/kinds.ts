import { deploymentKind } from "./apps/deployment.ts";
import { replicaSetKind } from "./apps/replica-set.ts";
import { configMapKind } from "./core/config-map.ts";
import { namespaceKind } from "./core/namespace.ts";
import { nodeKind } from "./core/node.ts";
import { podKind } from "./core/pod.ts";
import { secretKind } from "./core/secret.ts";
import { serviceKind } from "./core/service.ts";
import type { KindDefinition } from "./kind.ts";

/** Every built-in kind that has something particular about it. */
export const kindDefinitions: readonly KindDefinition[] = [
  podKind,
  serviceKind,
  nodeKind,
  namespaceKind,
  configMapKind,
  secretKind,
  deploymentKind,
  replicaSetKind,
];

const byName = new Map(kindDefinitions.map((each) => [`${each.group}/${each.version}/${each.kind}`, each]));

/** The definition of a built-in kind; undefined when nothing is particular about it. The group is empty for the core group. */
export function findKind(group: string, version: string, kind: string): KindDefinition | undefined {
  return byName.get(`${group}/${version}/${kind}`);
}
