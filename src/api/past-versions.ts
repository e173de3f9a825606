import { definitionFromV1beta1 } from "./apiextensions/convert-v1beta1.ts";
import { slicesFromV1beta1 } from "./discovery/convert-v1beta1.ts";
import { levelFromV1beta2 } from "./flowcontrol/convert-v1beta2.ts";
import type { ApiObject } from "./meta.ts";
import { ingressFromV1beta1 } from "./networking/convert-v1beta1.ts";
import { budgetFromV1beta1 } from "./policy/convert-v1beta1.ts";

/** An object of a past version in the present one. Does not change what it is given. */
export type FromPast = (object: ApiObject) => ApiObject;

/** Nothing but apiVersion differs. */
const same =
  (apiVersion: string): FromPast =>
  (object) => ({ ...object, apiVersion });

/** Keeps the functions' own types while one table holds them all. */
function from<Past, Present>(convert: (object: Past) => Present): FromPast {
  return convert as unknown as FromPast;
}

function sameOf(group: string, resources: Readonly<Record<string, readonly string[]>>) {
  const present = `${group}/v1`;
  return Object.fromEntries(
    Object.entries(resources).map(([resource, versions]) => [
      `${group}/${resource}`,
      Object.fromEntries(versions.map((version) => [`${group}/${version}`, same(present)])),
    ]),
  );
}

const levels = from(levelFromV1beta2);

/**
 * Versions that are served no more and in which an older API server may have left objects in etcd: upstream still reads them. By
 * `group/resource`, then by the past apiVersion; all become v1, which is stored here.
 */
export const pastVersions: Readonly<Record<string, Readonly<Record<string, FromPast>>>> = {
  "apiextensions.k8s.io/customresourcedefinitions": { "apiextensions.k8s.io/v1beta1": from(definitionFromV1beta1) },
  "discovery.k8s.io/endpointslices": { "discovery.k8s.io/v1beta1": from(slicesFromV1beta1) },
  "networking.k8s.io/ingresses": {
    "extensions/v1beta1": from(ingressFromV1beta1),
    "networking.k8s.io/v1beta1": from(ingressFromV1beta1),
  },
  "policy/poddisruptionbudgets": { "policy/v1beta1": from(budgetFromV1beta1) },
  ...sameOf("admissionregistration.k8s.io", {
    mutatingwebhookconfigurations: ["v1beta1"],
    validatingadmissionpolicies: ["v1beta1", "v1alpha1"],
    validatingadmissionpolicybindings: ["v1beta1", "v1alpha1"],
    validatingwebhookconfigurations: ["v1beta1"],
  }),
  ...sameOf("batch", { cronjobs: ["v1beta1"] }),
  ...sameOf("certificates.k8s.io", { certificatesigningrequests: ["v1beta1"] }),
  ...sameOf("coordination.k8s.io", { leases: ["v1beta1"] }),
  ...sameOf("networking.k8s.io", { ingressclasses: ["v1beta1"] }),
  ...sameOf("node.k8s.io", { runtimeclasses: ["v1beta1"] }),
  ...sameOf("rbac.authorization.k8s.io", {
    clusterrolebindings: ["v1beta1"],
    clusterroles: ["v1beta1"],
    rolebindings: ["v1beta1"],
    roles: ["v1beta1"],
  }),
  ...sameOf("scheduling.k8s.io", { priorityclasses: ["v1beta1", "v1alpha1"] }),
  ...sameOf("storage.k8s.io", {
    csidrivers: ["v1beta1"],
    csinodes: ["v1beta1"],
    csistoragecapacities: ["v1beta1", "v1alpha1"],
    storageclasses: ["v1beta1"],
    volumeattachments: ["v1beta1", "v1alpha1"],
    volumeattributesclasses: ["v1alpha1"],
  }),
  ...sameOf("flowcontrol.apiserver.k8s.io", { flowschemas: ["v1beta1", "v1beta2", "v1beta3"] }),
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": {
    "flowcontrol.apiserver.k8s.io/v1beta1": levels,
    "flowcontrol.apiserver.k8s.io/v1beta2": levels,
    "flowcontrol.apiserver.k8s.io/v1beta3": levels,
  },
};
