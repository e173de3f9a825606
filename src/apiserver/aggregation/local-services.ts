import type { APIService } from "../../api/generated/apiregistration.k8s.io/v1.ts";
import { apiServiceName } from "./remote-service.ts";

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Made for what this server serves by itself, and taken away with it: `true` for custom resources, `onstart` for the rest. */
const AUTOMANAGED_LABEL = "kube-aggregator.kubernetes.io/automanaged";

/** Upstream's order of groups (controlplane apiservices.go); clients ask the first group that has a resource of a name. */
const GROUP_PRIORITIES: Readonly<Record<string, number>> = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "apiextensions.k8s.io": 16_700,
  "admissionregistration.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
  "internal.apiserver.k8s.io": 16_000,
  "resource.k8s.io": 15_900,
  "storagemigration.k8s.io": 15_800,
};
const CUSTOM_PRIORITY = { groupPriorityMinimum: 1000, versionPriority: 100 };
/** The aggregator's own group is there without an APIService, before what any of them may ask for. */
const OWN_GROUP = "apiregistration.k8s.io";
const OWN_PRIORITY = 20_001;

/** Where discovery has a group-version of this server. */
export function localPriority(of: GroupVersion): {
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
} {
  const groupPriorityMinimum = of.group === OWN_GROUP ? OWN_PRIORITY : GROUP_PRIORITIES[of.group];
  return groupPriorityMinimum === undefined
    ? CUSTOM_PRIORITY
    : { groupPriorityMinimum, versionPriority: versionPriority(of) };
}

/** The APIService that stands for a group-version of this server. Pure. */
export function localService(of: GroupVersion): APIService {
  const value = GROUP_PRIORITIES[of.group] === undefined ? "true" : "onstart";
  return {
    metadata: { name: apiServiceName(of), labels: { [AUTOMANAGED_LABEL]: value } },
    spec: { ...(of.group !== "" && { group: of.group }), version: of.version, ...localPriority(of) },
  };
}

/** Stable before beta before alpha, and a later one before an earlier one. */
function versionPriority({ group, version }: GroupVersion): number {
  if (group === "") return 1;
  const [, major = "1", stage = ""] = /^v(\d+)(alpha|beta)?/.exec(version) ?? [];
  if (stage === "") return 15 * Number(major);
  return stage === "beta" ? 9 : 1;
}

export interface LocalPlan {
  readonly create: readonly APIService[];
  /** Names. */
  readonly remove: readonly string[];
}

/**
 * What is to be done so that each group-version has its APIService. What somebody else put there stays. Pure.
 * @param unread groups of which it is not known whether they are still to be served
 */
export function planLocalServices(
  served: readonly GroupVersion[],
  existing: readonly APIService[],
  unread: ReadonlySet<string> = new Set(),
): LocalPlan {
  const known = new Set(existing.map(({ metadata }) => metadata?.name ?? ""));
  const wanted = new Map(
    served.filter(({ group }) => group !== OWN_GROUP).map((each) => [apiServiceName(each), each] as const),
  );
  const create = [...wanted].filter(([name]) => !known.has(name)).map(([, each]) => localService(each));
  const remove = existing
    .filter(({ metadata, spec }) => spec?.service === undefined && metadata?.labels?.[AUTOMANAGED_LABEL] !== undefined)
    .filter(({ spec }) => !unread.has(spec?.group ?? ""))
    .map(({ metadata }) => metadata?.name ?? "")
    .filter((name) => !wanted.has(name));
  return { create, remove };
}
