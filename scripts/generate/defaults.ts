import type { Definition, Field } from "../../src/api/schema.ts";
import { defaults } from "./overlay/defaults.ts";

type MutableDefinition = Omit<Definition, "fields"> & { fields: Record<string, Field> };

/**
 * Adds the defaults of overlay/defaults.ts.
 *
 * @throws Error when the overlay names a field that does not exist or is of another type
 */
export function addDefaults(definitions: ReadonlyMap<string, MutableDefinition>): void {
  for (const [path, value] of Object.entries(defaults)) {
    const dot = path.lastIndexOf(".");
    const definition = definitions.get(path.slice(0, dot));
    const name = path.slice(dot + 1);
    const field = definition?.fields[name];
    if (definition === undefined || field?.type !== typeof value) {
      throw new Error(`overlay/defaults.ts: there is no ${typeof value} field ${path}`);
    }
    definition.fields[name] = { ...field, default: value };
  }
}
