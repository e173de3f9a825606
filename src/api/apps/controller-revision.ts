import { ageColumn, nameColumn, textColumn, textNumberColumn } from "../columns.ts";
import { nonNegative } from "../field-checks.ts";
import { required } from "../field-error.ts";
import type { ControllerRevision } from "../generated/apps/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { defineKind } from "../kind.ts";
import { controllerOf, parseApiVersion } from "../meta.ts";
import { immutable } from "../object-meta.ts";
import { isJsonObject } from "../patch/json-value.ts";

export const controllerRevisionKind = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  validate: (revision) => nonNegative(revision.revision, "revision"),
  validateCreate({ data }) {
    if (data === undefined || data === null) return [required("data", "data is mandatory")];
    return isJsonObject(data) ? [] : [required("data", "data must be a valid JSON object")];
  },
  validateUpdate: (revision, old) => immutable(revision.data, old.data, "data"),
  columns: [
    nameColumn,
    textColumn<ControllerRevision>("Controller", "Controller of the object", (revision) => {
      const owner = controllerOf(revision);
      if (owner === undefined) return "<none>";
      const { group } = parseApiVersion(owner.apiVersion);
      return `${owner.kind.toLowerCase()}${group === "" ? "" : `.${group}`}/${owner.name}`;
    }),
    textNumberColumn<ControllerRevision>(
      "Revision",
      columnTexts["apps.v1.ControllerRevision.revision"],
      ({ revision }) => revision,
    ),
    ageColumn,
  ],
});
