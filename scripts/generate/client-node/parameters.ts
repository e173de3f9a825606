import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Parameters whose description depends on the operation; patches describe fieldManager differently. */
const patchMarker = "required for apply requests";

/**
 * Reads what client-node tells about the query parameters that many operations share.
 *
 * @param clientNode directory of the package, with a trailing slash
 * @returns by name; the description of a patch's fieldManager is under `patch.fieldManager`
 */
export function readParameterDescriptions(clientNode: string): Record<string, string> {
  const text = readFileSync(join(clientNode, "dist/gen/apis/AppsV1Api.js"), "utf8");
  const descriptions: Record<string, string> = {};
  for (const match of text.matchAll(/^ {5}\* @param (\w+) (.+)$/gm)) {
    const name = match[1]!.replace(/^_/, "");
    if (name === "name" || name === "body") continue;
    const description = plainText(match[2]!);
    descriptions[description.includes(patchMarker) ? `patch.${name}` : name] = description;
  }
  return descriptions;
}

function plainText(comment: string): string {
  return comment
    .replaceAll(/&#x([0-9A-Fa-f]+);/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/\\(['"])/g, "$1");
}
