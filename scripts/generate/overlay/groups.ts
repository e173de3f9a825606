/** An API group: where its Go types live and how clients prefer it. */
export interface Group {
  /** API group, empty for core. */
  readonly name: string;
  /** What OpenAPI names of its definitions start with, before the version. */
  readonly definitionPrefix: string;
  /** Go package, before the version. */
  readonly goPackage: string;
}

const api = (name: string, folder: string): Group => ({
  name,
  definitionPrefix: `io.k8s.api.${folder}`,
  goPackage: `k8s.io/api/${folder}`,
});

/** In the order in which upstream's discovery lists them (priorities of kube-apiserver's generic API services). */
export const groups: readonly Group[] = [
  api("", "core"),
  {
    name: "apiregistration.k8s.io",
    definitionPrefix: "io.k8s.kube-aggregator.pkg.apis.apiregistration",
    goPackage: "k8s.io/kube-aggregator/pkg/apis/apiregistration",
  },
  api("apps", "apps"),
  api("events.k8s.io", "events"),
  api("authentication.k8s.io", "authentication"),
  api("authorization.k8s.io", "authorization"),
  api("autoscaling", "autoscaling"),
  api("batch", "batch"),
  api("certificates.k8s.io", "certificates"),
  api("networking.k8s.io", "networking"),
  api("policy", "policy"),
  api("rbac.authorization.k8s.io", "rbac"),
  api("storage.k8s.io", "storage"),
  api("admissionregistration.k8s.io", "admissionregistration"),
  {
    name: "apiextensions.k8s.io",
    definitionPrefix: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    goPackage: "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions",
  },
  api("scheduling.k8s.io", "scheduling"),
  api("coordination.k8s.io", "coordination"),
  api("node.k8s.io", "node"),
  api("discovery.k8s.io", "discovery"),
  api("flowcontrol.apiserver.k8s.io", "flowcontrol"),
  api("internal.apiserver.k8s.io", "apiserverinternal"),
  api("resource.k8s.io", "resource"),
  api("storagemigration.k8s.io", "storagemigration"),
];

/** Types that all groups share; not an API group. */
export const metaGroup: Group = {
  name: "meta",
  definitionPrefix: "io.k8s.apimachinery.pkg.apis.meta",
  goPackage: "k8s.io/apimachinery/pkg/apis/meta",
};

/** Groups of types that clients and webhooks exchange and that no resource has. */
export const otherGroups: readonly Group[] = [
  api("admission.k8s.io", "admission"),
  api("apidiscovery.k8s.io", "apidiscovery"),
];

/** Position of a group in discovery; unknown groups come last. */
export function groupOrder(name: string): number {
  const index = groups.findIndex((group) => group.name === name);
  return index < 0 ? groups.length : index;
}

/**
 * Orders versions as Kubernetes prefers them: GA before beta before alpha, higher numbers first.
 */
export function compareVersions(a: string, b: string): number {
  const [stabilityA, majorA, minorA] = parseVersion(a);
  const [stabilityB, majorB, minorB] = parseVersion(b);
  return stabilityB - stabilityA || majorB - majorA || minorB - minorA;
}

function parseVersion(version: string): [stability: number, major: number, minor: number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) throw new Error(`"${version}" is not a Kubernetes version such as v1 or v2beta1`);
  const stability = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
  return [stability, Number(match[1]), Number(match[3] ?? 0)];
}
