import type { LimitedResource } from "../../../api/quota/limited-resources.ts";
import { quotaUse } from "../../../api/quota/usage.ts";
import { qualified } from "../../../api/status.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "../admission.ts";
import { quotaQueue } from "./quota-queue.ts";

/** What comes and goes too fast to be limited, or is never stored (upstream: quota install.DefaultIgnoredResources). */
const IGNORED = new Set([
  "events",
  "events.events.k8s.io",
  "bindings",
  "localsubjectaccessreviews.authorization.k8s.io",
]);
/** Resources of which objects may come to use more than they did. */
const GROWING = new Set(["services", "persistentvolumeclaims"]);

/** resourcequota.admission.k8s.io ResourceQuotaConfiguration. */
export interface ResourceQuotaConfiguration {
  readonly limitedResources?: readonly LimitedResource[];
}

/**
 * Refuses what would use more than the namespace's ResourceQuotas allow, or what is limited where no quota speaks of it, and
 * counts in their status what is let in.
 */
export function resourceQuota(
  dependencies: AdmissionDependencies,
  { limitedResources }: ResourceQuotaConfiguration = {},
): AdmissionPlugin {
  const queue = quotaQueue(dependencies, limitedResources);
  return {
    name: "ResourceQuota",
    handles,
    validate(attributes) {
      const { object, oldObject } = attributes;
      if (object === undefined) return;
      return queue.charge(attributes, () => {
        const resource = qualified(attributes.resource);
        const before = oldObject === undefined ? undefined : quotaUse(resource, oldObject);
        return { resource, object, use: quotaUse(resource, object), before };
      });
    },
  };
}

function handles(attributes: AdmissionAttributes): boolean {
  const { operation, resource, subresource, namespace } = attributes;
  if (namespace === "" || !resource.namespaced) return false;
  const name = qualified(resource);
  if (operation === "CREATE") return subresource === "" && !IGNORED.has(name);
  if (operation !== "UPDATE") return false;
  return subresource === "" ? GROWING.has(name) : subresource === "resize" && name === "pods";
}
