/** The OpenAPI name of a custom kind: the group reversed, e.g. `com.example.stable.v1.CronTab`. */
export function definitionName(of: { group: string; version: string; kind: string }): string {
  return [...of.group.split(".").reverse(), of.version, of.kind].join(".");
}
