import { priorityClasses } from "../../../api/generated/resources.ts";
import type { PriorityClass } from "../../../api/generated/scheduling.k8s.io/v1.ts";
import { failure } from "../../../api/status.ts";
import { defineStrategy } from "../strategy.ts";

const SYSTEM_CLASSES = ["system-node-critical", "system-cluster-critical"];

/** The classes that every cluster has stay. */
export const priorityClassStrategy = defineStrategy<PriorityClass>({
  beforeDelete({ metadata }) {
    const name = metadata?.name ?? "";
    if (!SYSTEM_CLASSES.includes(name)) return;
    const { group, resource } = priorityClasses;
    const message = `${resource}.${group} "${name}" is forbidden: this is a system priority class and cannot be deleted`;
    throw failure(403, "Forbidden", message, { name, group, kind: resource });
  },
});
