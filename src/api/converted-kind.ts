import type { VersionConversion } from "./conversions.ts";
import type { FieldError } from "./field-error.ts";
import type { KindDefinition } from "./kind.ts";
import type { ApiObject } from "./meta.ts";

/**
 * What is particular about a kind, for a version of another shape that has no definition of its own: the rules of the stored
 * version, which the object is converted to and back from. Errors name the fields of the stored version, as upstream's name
 * those of its internal one.
 */
export function convertedKind(kind: KindDefinition, version: string, conversion: VersionConversion): KindDefinition {
  const { toStored, fromStored } = conversion;
  const inPlace = (draft: ApiObject, change: (stored: ApiObject) => void): void => {
    const stored = toStored(structuredClone(draft));
    change(stored);
    const after = fromStored(stored);
    for (const key of Object.keys(draft)) if (!(key in after)) delete (draft as Record<string, unknown>)[key];
    Object.assign(draft, after);
  };
  const pair = (check: ((object: ApiObject, old: ApiObject) => FieldError[]) | undefined) =>
    check && ((object: ApiObject, old: ApiObject) => check(toStored(object), toStored(old)));
  const { setDefaults, prepareForCreate, prepareForUpdate, validate, validateCreate, gracePeriodSeconds, warnings } =
    kind;
  const { setDefaults: _d, prepareForCreate: _c, prepareForUpdate: _u, gracePeriodSeconds: _g, ...same } = kind;
  const validateUpdate = pair(kind.validateUpdate);
  const validateStatusUpdate = pair(kind.validateStatusUpdate);
  return {
    ...same,
    version,
    ...(setDefaults && { setDefaults: (draft) => inPlace(draft, setDefaults) }),
    ...(prepareForCreate && { prepareForCreate: (draft) => inPlace(draft, prepareForCreate) }),
    ...(prepareForUpdate && {
      prepareForUpdate: (draft, old) => inPlace(draft, (stored) => prepareForUpdate(stored, toStored(old))),
    }),
    ...(validate && {
      validate: (object, old) =>
        old === undefined ? validate(toStored(object)) : validate(toStored(object), toStored(old)),
    }),
    ...(warnings && {
      warnings: (object, old) =>
        old === undefined ? warnings(toStored(object)) : warnings(toStored(object), toStored(old)),
    }),
    ...(validateCreate && { validateCreate: (object) => validateCreate(toStored(object)) }),
    ...(validateUpdate && { validateUpdate }),
    ...(validateStatusUpdate && { validateStatusUpdate }),
    ...(gracePeriodSeconds && { gracePeriodSeconds: (object) => gracePeriodSeconds(toStored(object)) }),
    ...(kind.columns && {
      columns: kind.columns.map((column) => ({
        ...column,
        cell: (object, context) => column.cell(toStored(object), context),
      })),
    }),
    ...(kind.selectableFields && {
      selectableFields: Object.fromEntries(
        Object.entries(kind.selectableFields).map(([field, read]) => [field, (object) => read(toStored(object))]),
      ),
    }),
  };
}
