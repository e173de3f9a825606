import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "./client-node/models.ts";
import type { Operation } from "./client-node/operations.ts";
import { type Group, groups, metaGroup } from "./overlay/groups.ts";

/** What a client-node class is called in Kubernetes. */
export interface DefinitionName {
  readonly className: string;
  readonly group: Group;
  readonly version: string;
  /** Name of the Go type, e.g. `PodSpec`. */
  readonly name: string;
  /** e.g. `io.k8s.api.core.v1.PodSpec`. */
  readonly definition: string;
}

interface ParsedClassName {
  prefix: string;
  version: string;
  name: string;
}

/**
 * Finds each class's API group, which client-node puts into the class's name only where names collide. In order: that
 * prefix; kubernetes-models, whose file names carry the group; the only group whose operations reach the type in the same
 * version. Types of v1 that none of these places belong to meta/v1.
 *
 * @param kubernetesModels directory of the package, with a trailing slash
 */
export function nameDefinitions(
  models: readonly Model[],
  operations: readonly Operation[],
  kubernetesModels: string,
): Map<string, DefinitionName> {
  const known = groupsInKubernetesModels(kubernetesModels);
  const reached = groupsByReach(models, operations);
  const names = new Map<string, DefinitionName>();
  for (const { className } of models) {
    if (className === "VersionInfo") {
      const definition = "io.k8s.apimachinery.pkg.version.Info";
      names.set(className, { className, group: metaGroup, version: "v1", name: "VersionInfo", definition });
      continue;
    }
    const { prefix, version, name } = parseClassName(className);
    const group = prefix === "" ? findGroup(version, name, { known, reached, className }) : groupOfPrefix(prefix);
    names.set(className, {
      className,
      group,
      version,
      name,
      definition: `${group.definitionPrefix}.${version}.${name}`,
    });
  }
  return names;
}

function parseClassName(className: string): ParsedClassName {
  const match = /^([A-Za-z]*?)V(\d+(?:(?:alpha|beta)\d+)?)([A-Z].*)$/.exec(className);
  if (match === null) throw new Error(`client-node: class ${className} carries no version in its name`);
  return { prefix: match[1]!, version: `v${match[2]}`, name: match[3]! };
}

function groupOfPrefix(prefix: string): Group {
  const group = groups.find((candidate) => candidate.definitionPrefix.endsWith(`.${prefix.toLowerCase()}`));
  if (group === undefined) throw new Error(`overlay/groups.ts has no group for client-node's prefix ${prefix}`);
  return group;
}

function findGroup(
  version: string,
  name: string,
  sources: { known: Map<string, Group[]>; reached: Map<string, Set<Group>>; className: string },
): Group {
  const known = sources.known.get(`${version}.${name}`) ?? [];
  if (known.length === 1) return known[0]!;
  const reached = [...(sources.reached.get(sources.className) ?? [])];
  if (known.length === 0 && version === "v1") return metaGroup;
  if (reached.length === 1) return reached[0]!;
  const candidates = reached.map((group) => group.name).join(", ");
  throw new Error(`cannot tell the API group of ${sources.className}: candidates are "${candidates}"`);
}

/** From `version.name` to the groups that have such a type, read from file names such as IoK8sApiCoreV1Pod.js. */
function groupsInKubernetesModels(directory: string): Map<string, Group[]> {
  const byPrefix = new Map<string, Group>(groups.map((group) => [`${camelCase(group.definitionPrefix)}V`, group]));
  const found = new Map<string, Group[]>();
  for (const file of readdirSync(join(directory, "_schemas"))) {
    const match = /^(\w+?)(\d+(?:(?:alpha|beta)\d+)?)([A-Z]\w*)\.js$/.exec(file.replace("IoK8s", "IoK_s"));
    const group = match === null ? undefined : byPrefix.get(match[1]!.replace("IoK_s", "IoK8s"));
    if (match === null || group === undefined) continue;
    const key = `v${match[2]}.${match[3]}`;
    found.set(key, [...(found.get(key) ?? []), group]);
  }
  return found;
}

function camelCase(text: string): string {
  return text
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

/** From class name to the groups from whose operations one gets to it without leaving the class's version. */
function groupsByReach(models: readonly Model[], operations: readonly Operation[]): Map<string, Set<Group>> {
  const byName = new Map(models.map((model) => [model.className, model]));
  const reached = new Map<string, Set<Group>>();
  const visit = (className: string, group: Group, version: string): void => {
    const model = byName.get(className);
    const seen = reached.get(className) ?? new Set();
    if (model === undefined || seen.has(group) || !className.includes(version)) return;
    reached.set(className, seen.add(group));
    for (const field of model.fields) visit(elementClass(field.type), group, version);
  };
  for (const { path, bodyClass, responseClass } of operations) {
    const match = /^\/apis\/([^/]+)\/([^/]+)\//.exec(path);
    const group = match === null ? undefined : groups.find((candidate) => candidate.name === match[1]);
    if (match === null || group === undefined) continue;
    for (const root of [bodyClass, responseClass]) if (root !== undefined) visit(root, group, `V${match[2]!.slice(1)}`);
  }
  return reached;
}

/** `V1Container` of `Array<V1Container>` or of a map. */
export function elementClass(type: string): string {
  return type.replace(/^Array<(.*)>$/, "$1").replace(/^\{ \[key: string\]: (.*); \}$/, "$1");
}
