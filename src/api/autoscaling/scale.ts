import { ageColumn, integerColumn, nameColumn } from "../columns.ts";
import type { Scale } from "../generated/autoscaling/v1.ts";
import { columnTexts } from "../generated/column-texts.ts";
import { defineKind } from "../kind.ts";

/** How `kubectl get --subresource=scale` shows it. */
export const scaleKind = defineKind<Scale>({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  columns: [
    { ...nameColumn, format: "" },
    integerColumn<Scale>(
      "Desired",
      columnTexts["autoscaling.v1.ScaleSpec.replicas"],
      ({ spec }) => spec?.replicas ?? 0,
    ),
    integerColumn<Scale>(
      "Available",
      columnTexts["autoscaling.v1.ScaleStatus.replicas"],
      ({ status }) => status?.replicas ?? 0,
    ),
    ageColumn,
  ],
});
