import { ageColumn, nameColumn, textColumn } from "../columns.ts";
import { setResourceListDefaults } from "../core/resource-list.ts";
import { validateContainerResources } from "../core/validate-resources.ts";
import { validateTolerations } from "../core/validate-tolerations.ts";
import { invalids } from "../field-checks.ts";
import { duplicate, type FieldError } from "../field-error.ts";
import type { Toleration } from "../generated/core/v1.ts";
import type { RuntimeClass } from "../generated/node.k8s.io/v1.ts";
import { defineKind } from "../kind.ts";
import { dnsLabelErrors } from "../names.ts";
import { immutable } from "../object-meta.ts";
import { validateLabels } from "../selectors.ts";

export const runtimeClassKind = defineKind<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  setDefaults: ({ overhead }) => setResourceListDefaults(overhead?.podFixed),
  refusesUnconditionalUpdate: true,
  validateCreate: ({ handler = "", overhead, scheduling }) => [
    ...invalids("handler", handler, dnsLabelErrors(handler)),
    ...(overhead?.podFixed === undefined ? [] : validateContainerResources({ limits: overhead.podFixed }, "overhead")),
    ...validateLabels(scheduling?.nodeSelector, "scheduling.nodeSelector"),
    ...validateTolerations(scheduling?.tolerations, "scheduling.tolerations"),
    ...validateUnique(scheduling?.tolerations ?? [], "scheduling.tolerations"),
  ],
  validateUpdate: (each, old) => immutable(each.handler, old.handler, "handler"),
  columns: [nameColumn, textColumn<RuntimeClass>("Handler", "", ({ handler }) => handler ?? ""), ageColumn],
});

/** How long something is tolerated makes no difference to what is. */
function validateUnique(tolerations: readonly Toleration[], field: string): FieldError[] {
  const seen = new Set<string>();
  return tolerations.flatMap(({ key = "", operator = "", value = "", effect = "", tolerationSeconds }, index) => {
    const id = JSON.stringify([key, operator, value, effect]);
    // What Go shows of a toleration.
    const shown = {
      ...{ Key: key, Operator: operator, Value: value, Effect: effect },
      TolerationSeconds: tolerationSeconds ?? null,
    };
    const errors = seen.has(id) ? [duplicate(`${field}[${index}]`, shown)] : [];
    seen.add(id);
    return errors;
  });
}
