import { validateEphemeralContainersUpdate } from "../../api/core/pod-update.ts";
import type { Pod } from "../../api/generated/core/v1.ts";
import type { ObjectReader } from "../reader.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { bindingSubresource } from "./binding.ts";
import { evictionSubresource } from "./eviction.ts";
import { partSubresource, takeField, takeResources } from "./part.ts";
import { scaleSubresource } from "./scale.ts";
import { statusSubresource } from "./status.ts";
import type { Subresource } from "./subresource.ts";

/** All subresources, by `group/resource/subresource`; `*` stands for every resource. */
export function subresourceTable(options: {
  reader: ObjectReader;
  table: () => ResourceTable;
}): Record<string, Subresource> {
  return {
    "*/status": statusSubresource,
    "*/scale": scaleSubresource,
    "/pods/binding": bindingSubresource,
    "/pods/eviction": evictionSubresource(options),
    "/pods/ephemeralcontainers": partSubresource({
      take: takeField("spec", "ephemeralContainers"),
      validate: (draft, old) => validateEphemeralContainersUpdate(draft as Pod, old as Pod),
    }),
    "/pods/resize": partSubresource({ take: takeResources }),
    "/namespaces/finalize": partSubresource({ take: takeField("spec", "finalizers") }),
    "certificates.k8s.io/certificatesigningrequests/approval": partSubresource({
      take: takeField("status", "conditions"),
    }),
  };
}

/** The handlers of one subresource, if there are any. */
export function findSubresource(
  table: Readonly<Record<string, Subresource>>,
  of: { group: string; resource: string; subresource: string },
): Subresource | undefined {
  return table[`${of.group}/${of.resource}/${of.subresource}`] ?? table[`*/${of.subresource}`];
}
