/** What `kubectl api-resources` prints beside a resource's name. */
export interface ResourceNames {
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

const all = ["all"];
const apiExtensions = ["api-extensions"];

/** By resource and group, e.g. `deployments.apps`; core resources have no group. Versions of a resource share them. */
export const resourceNames: Readonly<Record<string, ResourceNames>> = {
  componentstatuses: { shortNames: ["cs"] },
  configmaps: { shortNames: ["cm"] },
  endpoints: { shortNames: ["ep"] },
  events: { shortNames: ["ev"] },
  limitranges: { shortNames: ["limits"] },
  namespaces: { shortNames: ["ns"] },
  nodes: { shortNames: ["no"] },
  persistentvolumeclaims: { shortNames: ["pvc"] },
  persistentvolumes: { shortNames: ["pv"] },
  pods: { shortNames: ["po"], categories: all },
  replicationcontrollers: { shortNames: ["rc"], categories: all },
  resourcequotas: { shortNames: ["quota"] },
  serviceaccounts: { shortNames: ["sa"] },
  services: { shortNames: ["svc"], categories: all },
  "apiservices.apiregistration.k8s.io": { categories: apiExtensions },
  "daemonsets.apps": { shortNames: ["ds"], categories: all },
  "deployments.apps": { shortNames: ["deploy"], categories: all },
  "replicasets.apps": { shortNames: ["rs"], categories: all },
  "statefulsets.apps": { shortNames: ["sts"], categories: all },
  "events.events.k8s.io": { shortNames: ["ev"] },
  "horizontalpodautoscalers.autoscaling": { shortNames: ["hpa"], categories: all },
  "cronjobs.batch": { shortNames: ["cj"], categories: all },
  "jobs.batch": { categories: all },
  "certificatesigningrequests.certificates.k8s.io": { shortNames: ["csr"] },
  "ingresses.networking.k8s.io": { shortNames: ["ing"] },
  "ipaddresses.networking.k8s.io": { shortNames: ["ip"] },
  "networkpolicies.networking.k8s.io": { shortNames: ["netpol"] },
  "poddisruptionbudgets.policy": { shortNames: ["pdb"] },
  "storageclasses.storage.k8s.io": { shortNames: ["sc"] },
  "volumeattributesclasses.storage.k8s.io": { shortNames: ["vac"] },
  "mutatingadmissionpolicies.admissionregistration.k8s.io": { categories: apiExtensions },
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": { categories: apiExtensions },
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": { categories: apiExtensions },
  "validatingadmissionpolicies.admissionregistration.k8s.io": { categories: apiExtensions },
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": { categories: apiExtensions },
  "validatingwebhookconfigurations.admissionregistration.k8s.io": { categories: apiExtensions },
  "customresourcedefinitions.apiextensions.k8s.io": { shortNames: ["crd", "crds"], categories: apiExtensions },
  "priorityclasses.scheduling.k8s.io": { shortNames: ["pc"] },
};
