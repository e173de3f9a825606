import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** One model class of client-node: an OpenAPI definition under the name that its generator gave it. */
export interface Model {
  readonly className: string;
  readonly description: string;
  readonly fields: readonly ModelField[];
}

export interface ModelField {
  /** JSON name. */
  readonly name: string;
  /** As client-node writes it, e.g. `Array<V1Container>`. */
  readonly type: string;
  readonly format: string;
  readonly required: boolean;
  /** Empty where client-node has none. */
  readonly description: string;
}

interface ModelClass {
  getAttributeTypeMap(): { name: string; baseName: string; type: string; format: string }[];
}

/**
 * Reads every model that client-node's `models/all.js` exports. Files that lie beside it and are not exported are stale.
 *
 * @param clientNode directory of the package, with a trailing slash
 */
export async function readModels(clientNode: string): Promise<Model[]> {
  const directory = join(clientNode, "dist/gen/models");
  const exported = (await import(pathToFileURL(join(directory, "all.js")).href)) as Record<string, ModelClass>;
  return Object.entries(exported).map(([className, modelClass]) => {
    const declaration = parseDeclaration(readFileSync(join(directory, `${className}.d.ts`), "utf8"), className);
    const fields = modelClass.getAttributeTypeMap().map((attribute) => {
      const declared = declaration.fields.get(attribute.name);
      if (declared === undefined) {
        throw new Error(
          `client-node: ${className}.${attribute.name} is in the type map but not declared in ${className}.d.ts`,
        );
      }
      return { name: attribute.baseName, type: attribute.type, format: attribute.format, ...declared };
    });
    return { className, description: declaration.description, fields };
  });
}

interface Declaration {
  description: string;
  fields: Map<string, { required: boolean; description: string }>;
}

/** Takes from a declaration file what the run-time type map lacks: descriptions and which fields are required. */
function parseDeclaration(text: string, className: string): Declaration {
  const start = text.indexOf(`export declare class ${className} {`);
  if (start < 0) throw new Error(`client-node: ${className}.d.ts does not declare ${className}`);
  const fields = new Map<string, { required: boolean; description: string }>();
  const member = /(?:\/\*\*\n([\s\S]*?)\*\/\n\s*)?'([^']+)'(\??): /g;
  const body = text.slice(start, text.indexOf("static readonly discriminator", start));
  for (const match of body.matchAll(member)) {
    fields.set(match[2]!, { required: match[3] === "", description: commentText(match[1] ?? "") });
  }
  const before = text.slice(0, start);
  const comment = before.slice(before.lastIndexOf("/**") + 3, before.lastIndexOf("*/"));
  return { description: comment.includes("OpenAPI spec version") ? "" : commentText(comment), fields };
}

function commentText(comment: string): string {
  const text = comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*\s?/, "").trim())
    .filter((line) => line !== "")
    .join("\n");
  return text.replaceAll("\\'", "'").replaceAll('\\"', '"').replaceAll("\\\\", "\\");
}
