import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import type { ServiceAccount } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";

export const serviceAccountKind = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  columns: [
    nameColumn,
    textColumn<ServiceAccount>(
      "Secrets",
      "Secrets that pods running using this ServiceAccount are allowed to use.",
      ({ secrets }) => String((secrets ?? []).length),
    ),
    ageColumn,
  ],
});
