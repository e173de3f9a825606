import { compareVersions } from "../overlay/groups.ts";
import type { ServedResource } from "../resources.ts";

/**
 * Writes `resources.ts`: a typed reference per resource. The version that clients prefer has the plain name, in the first
 * group that has the resource; other groups' come with the group's name (`eventsEvents`), other versions with a suffix.
 */
export function emitResources(resources: readonly ServedResource[]): string {
  const imports: string[] = [];
  const constants: string[] = [];
  for (const resource of resources) {
    const module = `${resource.group === "" ? "core" : resource.group}/${resource.version}`;
    const name = referenceName(resource, resources);
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Type`;
    imports.push(`import type { ${resource.kind} as ${type} } from "./${module}.ts";\n`);
    const { group, version, kind, namespaced } = resource;
    const value = JSON.stringify({ group, version, resource: resource.resource, kind, namespaced });
    constants.push(`export const ${name}: ResourceReference<${type}> = ${value};\n`);
  }
  return `${imports.join("")}import type { ResourceReference } from "../meta.ts";\n\n${constants.join("")}`;
}

/** Name of a resource's constant, e.g. `horizontalPodAutoscalersV1`. */
function referenceName(resource: ServedResource, all: readonly ServedResource[]): string {
  const firstGroup = all.find((other) => other.resource === resource.resource)!.group;
  const versions = all.filter((other) => other.resource === resource.resource && other.group === resource.group);
  versions.sort((a, b) => compareVersions(a.version, b.version));
  const plain = pluralInCamelCase(resource.kind, resource.resource);
  const name =
    resource.group === firstGroup
      ? plain
      : `${resource.group.split(".")[0]}${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
  if (versions[0]!.version === resource.version) return name;
  return `${name}${resource.version.charAt(0).toUpperCase()}${resource.version.slice(1)}`;
}

function pluralInCamelCase(kind: string, resource: string): string {
  const singular = kind.replace(/^(?:[A-Z]+(?=[A-Z][a-z])|[A-Z])/, (start) => start.toLowerCase());
  const lower = kind.toLowerCase();
  if (resource.startsWith(lower)) return singular + resource.slice(lower.length);
  if (lower.endsWith("y") && resource === `${lower.slice(0, -1)}ies`) return `${singular.slice(0, -1)}ies`;
  throw new Error(`cannot form a name from kind ${kind} and resource ${resource}`);
}
