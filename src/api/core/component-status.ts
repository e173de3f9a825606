import { nameColumn, textColumn } from "../columns.ts";
import type { ComponentCondition, ComponentStatus } from "../generated/core/v1.ts";
import { defineKind } from "../kind.ts";

const health = ({ conditions }: ComponentStatus): ComponentCondition | undefined =>
  conditions?.find((condition) => condition.type === "Healthy");

export const componentStatusKind = defineKind<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  columns: [
    nameColumn,
    textColumn<ComponentStatus>("Status", "Status of the component conditions", (component) => {
      const condition = health(component);
      if (condition === undefined) return "Unknown";
      return condition.status === "True" ? "Healthy" : "Unhealthy";
    }),
    textColumn<ComponentStatus>(
      "Message",
      "Message of the component conditions",
      (component) => health(component)?.message ?? "",
    ),
    textColumn<ComponentStatus>(
      "Error",
      "Error of the component conditions",
      (component) => health(component)?.error ?? "",
    ),
  ],
});
