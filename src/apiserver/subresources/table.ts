import { validateApproval } from "../../api/certificates/request-status.ts";
import { validateNamespaceFinalizers } from "../../api/core/namespace.ts";
import { resourcesOnly, takeResources, validatePodResize } from "../../api/core/pod-resize.ts";
import { validateEphemeralContainersUpdate } from "../../api/core/pod-update.ts";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import type { Namespace, Pod } from "../../api/generated/core/v1.ts";
import type { AnyObject } from "../../api/meta.ts";
import type { ObjectReader } from "../reader.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { bindingSubresource } from "./binding.ts";
import { evictionSubresource } from "./eviction.ts";
import { fieldPart, partSubresource } from "./part.ts";
import { scaleSubresource } from "./scale.ts";
import { statusSubresource } from "./status.ts";
import type { Subresource } from "./subresource.ts";

type Decided = Pick<CertificateSigningRequest, "status">;

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
      ...fieldPart("spec", "ephemeralContainers"),
      validate: (draft, old) => validateEphemeralContainersUpdate(draft as Pod, old as Pod),
    }),
    "/pods/resize": partSubresource({
      take: (wanted, draft) => takeResources(wanted as Pod, draft as Pod),
      only: (configuration) => resourcesOnly(configuration as Pod) as AnyObject,
      validate: (draft, old, wanted) => validatePodResize(draft as Pod, old as Pod, wanted as Pod),
    }),
    // Namespaces are finalized by PUT only.
    "/namespaces/finalize": {
      update: partSubresource({
        ...fieldPart("spec", "finalizers"),
        takesMetadata: true,
        validate: (draft) => validateNamespaceFinalizers(draft as Namespace),
      }).update,
    },
    "certificates.k8s.io/certificatesigningrequests/approval": partSubresource({
      ...fieldPart("status", "conditions"),
      takesMetadata: true,
      validate: (draft, old) => validateApproval(draft as Decided, old as Decided),
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
