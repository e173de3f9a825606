import { ageColumn, nameColumn, textNumberColumn } from "../columns.ts";
import { invalids } from "../field-checks.ts";
import { type FieldError, forbiddenField, invalid, tooLong } from "../field-error.ts";
import { columnTexts } from "../generated/column-texts.ts";
import type { ConfigMap } from "../generated/core/v1.ts";
import { type Column, defineKind } from "../kind.ts";
import { configMapKeyErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";

const BYTES_MAX = 1024 * 1024;
export const IMMUTABLE_SET = "field is immutable when `immutable` is set";

export const configMapKind = defineKind<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  withoutGeneration: true,
  validate(configMap) {
    const errors: FieldError[] = [];
    const { data = {}, binaryData = {} } = configMap;
    let bytes = 0;
    for (const [key, value] of Object.entries(data)) {
      errors.push(...invalids(`data[${key}]`, key, configMapKeyErrors(key)));
      if (Object.hasOwn(binaryData, key))
        errors.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
      bytes += Buffer.byteLength(value);
    }
    for (const [key, value] of Object.entries(binaryData)) {
      errors.push(...invalids(`binaryData[${key}]`, key, configMapKeyErrors(key)));
      bytes += Buffer.byteLength(value, "base64");
    }
    if (bytes > BYTES_MAX) errors.push(tooLong("[]", BYTES_MAX));
    return errors;
  },
  validateUpdate(configMap, old) {
    if (old.immutable !== true) return [];
    const errors: FieldError[] = [];
    if (configMap.immutable !== true) errors.push(forbiddenField("immutable", IMMUTABLE_SET));
    for (const key of ["data", "binaryData"] as const) {
      if (immutable(configMap[key], old[key], key).length > 0) errors.push(forbiddenField(key, IMMUTABLE_SET));
    }
    return errors;
  },
  columns: [
    nameColumn,
    textNumberColumn<ConfigMap>(
      "Data",
      columnTexts["core.v1.ConfigMap.data"],
      ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    ) as Column<ConfigMap>,
    ageColumn,
  ],
});
