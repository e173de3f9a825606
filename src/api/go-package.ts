/** Go's packages of kinds whose group has another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  "": "core",
  "events.k8s.io": "core",
  "internal.apiserver.k8s.io": "apiserverinternal",
};

/** The package of upstream's internal types of a group, as messages name it. */
export function goPackage(group: string): string {
  return PACKAGES[group] ?? group.split(".", 1)[0]!;
}
