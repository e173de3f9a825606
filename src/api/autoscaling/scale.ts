import { ageColumn, integerColumn, nameColumn } from "../columns.ts";
import type { Scale } from "../generated/autoscaling/v1.ts";
import { defineKind } from "../kind.ts";

/** How `kubectl get --subresource=scale` shows it. */
export const scaleKind = defineKind<Scale>({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  columns: [
    nameColumn,
    integerColumn<Scale>("Desired", "The desired number of replicas.", ({ spec }) => spec?.replicas ?? 0),
    integerColumn<Scale>("Available", "The number of available replicas.", ({ status }) => status?.replicas ?? 0),
    ageColumn,
  ],
});
