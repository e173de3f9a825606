import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What kubernetes-models knows about a field. */
export interface KnownField {
  readonly description: string;
  readonly enum: readonly string[] | undefined;
}

/**
 * Reads enums and descriptions from the package's declaration files.
 *
 * @param directory of the package, with a trailing slash
 * @returns by definition name in camel case (`IoK8sApiCoreV1Pod`), then by JSON name
 */
export function readKubernetesModels(directory: string): Map<string, Map<string, KnownField>> {
  const definitions = new Map<string, Map<string, KnownField>>();
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  for (const file of files) {
    if (!file.endsWith(".d.ts") || !file.includes("/") || file.startsWith("_schemas")) continue;
    const text = readFileSync(join(directory, file), "utf8");
    const name = /export type \{ \w+ as I(IoK8s\w+)/.exec(text)?.[1];
    if (name !== undefined) definitions.set(name, parseInterface(text));
  }
  return definitions;
}

/** `IoK8sApiCoreV1Pod` of `io.k8s.api.core.v1.Pod`. */
export function camelCase(definition: string): string {
  return definition
    .split(/[.-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

function parseInterface(text: string): Map<string, KnownField> {
  const start = text.search(/^export interface /m);
  const body = text.slice(start, text.indexOf("\n}\n", start) + 1);
  const fields = new Map<string, KnownField>();
  for (const match of body.matchAll(/(?: {4}\/\*\*\n([\s\S]*?) {5}\*\/\n)?^ {4}"([^"]+)"\??: (.*)$/gm)) {
    fields.set(match[2]!, { description: commentText(match[1] ?? ""), enum: enumOf(match[3]!) });
  }
  return fields;
}

function enumOf(type: string): string[] | undefined {
  const element = /^Array<(.*)>;$/.exec(type)?.[1] ?? type.replace(/;$/, "");
  const values = element.split(" | ");
  if (!values.every((value) => /^"[^"]*"$/.test(value))) return undefined;
  return values.map((value) => value.slice(1, -1));
}

function commentText(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^ {5}\* ?/, "").trimEnd());
  return lines.join("\n").trim().replaceAll("*\\/", "*/");
}
