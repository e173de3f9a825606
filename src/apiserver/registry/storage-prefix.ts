/** Where upstream keeps a resource in etcd, so that its data and tools can be read (registry/core/rest, kubeapiserver). */
export const STORAGE_ROOT = "/registry/";

const SPECIAL: Readonly<Record<string, string>> = {
  "/nodes": "minions",
  "/services": "services/specs",
  "/endpoints": "services/endpoints",
  "/replicationcontrollers": "controllers",
  "networking.k8s.io/ingresses": "ingress",
  "networking.k8s.io/ingressclasses": "ingressclasses",
  "events.k8s.io/events": "events",
  "apiextensions.k8s.io/customresourcedefinitions": "apiextensions.k8s.io/customresourcedefinitions",
  "apiregistration.k8s.io/apiservices": "apiregistration.k8s.io/apiservices",
};

/** Prefix of all keys of a built-in resource, e.g. `/registry/pods/`. */
export function storagePrefix(group: string, resource: string): string {
  return `${STORAGE_ROOT}${SPECIAL[`${group}/${resource}`] ?? resource}/`;
}

/** Key of one object. */
export function storageKey(prefix: string, namespace: string, name: string): string {
  return namespace === "" ? prefix + name : `${prefix}${namespace}/${name}`;
}
