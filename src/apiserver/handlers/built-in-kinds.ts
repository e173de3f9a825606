import { apiVersionOf } from "../../api/meta.ts";
import { loadSchema } from "../../api/schema-data.ts";

let byKind: Map<string, string> | undefined;

/** The definition of a built-in kind, its lists and options among them, by `apiVersion/kind`. */
export function builtInDefinition(apiVersion: string, kind: string): string | undefined {
  byKind ??= new Map(
    Object.entries(loadSchema().definitions).flatMap(([name, { kinds = [] }]) =>
      kinds.map((each): [string, string] => [`${apiVersionOf(each)}/${each.kind}`, name]),
    ),
  );
  return byKind.get(`${apiVersion}/${kind}`);
}
