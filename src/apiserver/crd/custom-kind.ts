import { printerColumns } from "../../api/json-path/printer-columns.ts";
import { parseSimplePath, selectableText } from "../../api/json-path/simple-path.ts";
import type { KindDefinition } from "../../api/kind.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { JsonObject } from "../../api/patch/json-value.ts";
import { finalizerWarnings } from "../../api/structural/finalizer-warnings.ts";
import { normalizeCustomResource } from "../../api/structural/normalize.ts";
import type { CustomVersion } from "./custom-version.ts";

/** A version of a custom resource as the registry sees kinds: defaults, validation, columns and fields to select by. */
export function customKind(of: { group: string; kind: string; version: CustomVersion }): KindDefinition {
  const { version } = of;
  const { source } = version;
  const { additionalPrinterColumns, selectableFields = [] } = source;
  let columns: KindDefinition["columns"];
  const validateUpdate = (object: ApiObject, old: ApiObject) =>
    version.validate(object as JsonObject, old as JsonObject);
  return {
    group: of.group,
    version: source.name,
    kind: of.kind,
    countsGeneration: true,
    /** What admission has added is dropped again where the schema has no place for it. What an apply left null is refused. */
    setDefaults: (draft) =>
      void normalizeCustomResource(version.structural(), draft as JsonObject, { dropInvalid: false, keepsNulls: true }),
    validateCreate: (object) => version.validate(object as JsonObject),
    validateUpdate,
    validateStatusUpdate: (object, old) => version.validateStatus(object as JsonObject, old as JsonObject),
    warnings: finalizerWarnings,
    get columns() {
      return (columns ??= printerColumns(additionalPrinterColumns));
    },
    selectableFields: Object.fromEntries(
      selectableFields.map(({ jsonPath }) => {
        const path = parseSimplePath(jsonPath);
        return [path.join("."), (object: ApiObject) => selectableText(object, path)];
      }),
    ),
  };
}
