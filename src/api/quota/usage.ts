import { qualityOfService } from "../core/pod-quality.ts";
import type { PersistentVolumeClaim, Pod, ResourceQuota, Service } from "../generated/core/v1.ts";
import type { ResourceClaim } from "../generated/resource.k8s.io/v1.ts";
import type { ApiObject } from "../meta.ts";
import { addQuantities, parseQuantity, type Quantity, quantityOf } from "../quantity.ts";
import type { Amounts } from "./amounts.ts";
import { heldAmounts } from "./pod-amounts.ts";

/** What one object uses of what quotas limit. */
export interface QuotaUse {
  /** By the names that quotas use, e.g. `requests.cpu`, `count/deployments.apps`. */
  readonly amounts: Amounts;
  /** Set for pods: what a quota's scopes ask about. */
  readonly pod?: PodScopes;
  /** Set for claims: the VolumeAttributesClasses that they name. Nothing but pods and claims is ever in a scope. */
  readonly attributesClasses?: readonly string[];
}

interface PodScopes {
  readonly terminating: boolean;
  readonly bestEffort: boolean;
  readonly priorityClass: string;
  readonly crossNamespaceAffinity: boolean;
}

const ONE = quantityOf(1);
/** The only scope of claims. */
const CLAIM_SCOPE = "VolumeAttributesClass";
const DEVICE_CLAIMS = "resourceclaims.resource.k8s.io";
/** Behind the name of a DeviceClass: how many of its devices may be claimed. */
const DEVICES = ".deviceclass.resource.k8s.io/devices";
/** `All` devices of a class may be so many (AllocationResultsMaxSize). */
const MOST_DEVICES = 32;
/** Resources that quotas name without `count/`. */
const PLAIN_COUNTS = new Set([
  "pods",
  "services",
  "configmaps",
  "secrets",
  "replicationcontrollers",
  "resourcequotas",
  "persistentvolumeclaims",
]);

/** The resource, as `pods` or `deployments.apps`, whose objects count for a name that a quota limits. */
export function resourceOfQuotaName(name: string): string {
  if (name.startsWith("count/")) return name.slice("count/".length);
  if (name === "services" || name.startsWith("services.")) return "services";
  if (name.endsWith(DEVICES)) return DEVICE_CLAIMS;
  if (name === "requests.storage" || name.includes(".storageclass.storage.k8s.io/")) return "persistentvolumeclaims";
  return PLAIN_COUNTS.has(name) ? name : "pods";
}

/** What an object uses. Pure. */
export function quotaUse(resource: string, object: ApiObject): QuotaUse {
  const amounts = new Map<string, Quantity>([[`count/${resource}`, ONE]]);
  switch (resource) {
    case "pods":
      return podUse(object as Pod, amounts);
    case "services":
      addService(object as Service, amounts);
      break;
    case "persistentvolumeclaims":
      addClaim(object as PersistentVolumeClaim, amounts);
      return { amounts, attributesClasses: attributesClassesOf(object as PersistentVolumeClaim) };
    case DEVICE_CLAIMS:
      addDevices(object as ResourceClaim, amounts);
      break;
    default:
      if (PLAIN_COUNTS.has(resource)) amounts.set(resource, ONE);
  }
  return { amounts };
}

/** The sum of what a quota limits, over the objects of its namespace. */
export function quotaUsage(quota: ResourceQuota, uses: Iterable<QuotaUse>): Map<string, Quantity> {
  const count = quotaCount(quota);
  for (const use of uses) count.add(use);
  return count.total();
}

/** The same sum, for who comes with one use after the other. */
export interface QuotaCount {
  add(use: QuotaUse): void;
  total(): Map<string, Quantity>;
}

export function quotaCount(quota: ResourceQuota): QuotaCount {
  const names = Object.keys(quota.spec?.hard ?? {}).filter((name) => isCountable(name, quota));
  const total = new Map(names.map((name) => [name, quantityOf(0)]));
  return {
    add(use) {
      if (!isInScope(quota, use)) return;
      for (const [name, amount] of use.amounts) {
        const known = total.get(name);
        if (known !== undefined) total.set(name, addQuantities(known, amount));
      }
    },
    total: () => new Map(total),
  };
}

/** A quota with scopes limits nothing but what can be in them: claims by their VolumeAttributesClass, else pods. */
function isCountable(name: string, quota: ResourceQuota): boolean {
  if (!hasScopes(quota)) return true;
  return resourceOfQuotaName(name) === (isForClaims(quota) ? "persistentvolumeclaims" : "pods");
}

function isForClaims(quota: ResourceQuota): boolean {
  const { scopes = [], scopeSelector } = quota.spec ?? {};
  const named = [...scopes, ...(scopeSelector?.matchExpressions ?? []).map(({ scopeName }) => scopeName)];
  return named.includes(CLAIM_SCOPE);
}

function hasScopes(quota: ResourceQuota): boolean {
  return (quota.spec?.scopes?.length ?? 0) + (quota.spec?.scopeSelector?.matchExpressions?.length ?? 0) > 0;
}

/** True when the object counts for the quota: a pod or claim that is in all of its scopes, or anything when it has none. */
export function isInScope(quota: ResourceQuota, use: QuotaUse): boolean {
  if (!hasScopes(quota)) return true;
  const expressions: readonly ScopeExpression[] = [
    ...(quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })),
    ...(quota.spec?.scopeSelector?.matchExpressions ?? []),
  ];
  return expressions.every((each) => isInScopeOf(use, each));
}

/** The same for one scope alone. */
export function isInScopeOf({ pod, attributesClasses }: QuotaUse, expression: ScopeExpression): boolean {
  if (attributesClasses !== undefined) return hasClaimScope(expression, attributesClasses);
  return pod !== undefined && hasPodScope(expression, pod);
}

interface ScopeExpression {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

function hasPodScope(expression: ScopeExpression, pod: PodScopes): boolean {
  if (expression.scopeName !== "PriorityClass") return isInNamedScope(expression.scopeName, pod);
  return selects(expression, pod.priorityClass === "" ? undefined : pod.priorityClass);
}

/** A claim may name several classes while it changes from one to another: one of them suffices. */
function hasClaimScope(expression: ScopeExpression, classes: readonly string[]): boolean {
  if (expression.scopeName !== CLAIM_SCOPE) return false;
  return classes.length === 0 ? selects(expression, undefined) : classes.some((name) => selects(expression, name));
}

function selects({ operator, values }: ScopeExpression, value: string | undefined): boolean {
  const named = value !== undefined && values?.includes(value) === true;
  if (operator === "In") return named;
  if (operator === "NotIn") return !named;
  return (operator === "Exists") === (value !== undefined);
}

function isInNamedScope(scope: string, pod: PodScopes): boolean {
  switch (scope) {
    case "Terminating":
      return pod.terminating;
    case "NotTerminating":
      return !pod.terminating;
    case "BestEffort":
      return pod.bestEffort;
    case "NotBestEffort":
      return !pod.bestEffort;
    case "CrossNamespacePodAffinity":
      return pod.crossNamespaceAffinity;
    default:
      return false;
  }
}

function podUse(pod: Pod, amounts: Map<string, Quantity>): QuotaUse {
  const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  if (!ended) {
    amounts.set("pods", ONE);
    for (const [name, amount] of heldAmounts(pod, "requests")) {
      amounts.set(`requests.${name}`, amount);
      if (!name.includes("/")) amounts.set(name, amount);
    }
    for (const [name, amount] of heldAmounts(pod, "limits")) amounts.set(`limits.${name}`, amount);
  }
  const scopes: PodScopes = {
    terminating: pod.spec?.activeDeadlineSeconds !== undefined,
    bestEffort: pod.spec !== undefined && qualityOfService(pod.spec) === "BestEffort",
    priorityClass: pod.spec?.priorityClassName ?? "",
    crossNamespaceAffinity: namesOtherNamespaces(pod),
  };
  return { amounts, pod: scopes };
}

function namesOtherNamespaces(pod: Pod): boolean {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity].some((affinity) => {
    const terms = [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) => each.podAffinityTerm),
    ];
    return terms.some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined);
  });
}

function addService(service: Service, amounts: Map<string, Quantity>): void {
  amounts.set("services", ONE);
  const { type, ports = [], allocateLoadBalancerNodePorts } = service.spec ?? {};
  const own = quantityOf(ports.length);
  if (type === "NodePort") amounts.set("services.nodeports", own);
  if (type !== "LoadBalancer") return;
  amounts.set("services.loadbalancers", ONE);
  const chosen = ports.filter((port) => (port.nodePort ?? 0) !== 0).length;
  amounts.set("services.nodeports", allocateLoadBalancerNodePorts === false ? quantityOf(chosen) : own);
}

function addClaim(claim: PersistentVolumeClaim, amounts: Map<string, Quantity>): void {
  const storage = claim.status?.allocatedResources?.storage ?? claim.spec?.resources?.requests?.storage;
  const size = storage === undefined ? undefined : parseQuantity(storage);
  const storageClass =
    claim.spec?.storageClassName ?? claim.metadata?.annotations?.["volume.beta.kubernetes.io/storage-class"];
  const prefixes = storageClass ? ["", `${storageClass}.storageclass.storage.k8s.io/`] : [""];
  for (const prefix of prefixes) {
    amounts.set(`${prefix}persistentvolumeclaims`, ONE);
    if (size !== undefined) amounts.set(`${prefix}requests.storage`, size);
  }
}

/** Of what one request may be given instead of the other, the most of each class. */
function addDevices(claim: ResourceClaim, amounts: Map<string, Quantity>): void {
  const counts = new Map<string, number>();
  for (const { exactly, firstAvailable = [] } of claim.spec?.devices?.requests ?? []) {
    const most = new Map<string, number>();
    for (const { deviceClassName, allocationMode, count } of exactly === undefined ? firstAvailable : [exactly]) {
      const devices = allocationMode === "All" ? MOST_DEVICES : (count ?? 1);
      most.set(deviceClassName, Math.max(devices, most.get(deviceClassName) ?? 0));
    }
    for (const [name, devices] of most) counts.set(name, (counts.get(name) ?? 0) + devices);
  }
  for (const [name, devices] of counts) amounts.set(name + DEVICES, quantityOf(devices));
}

function attributesClassesOf({ spec, status }: PersistentVolumeClaim): string[] {
  const named = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(named.filter((name): name is string => name !== undefined && name !== ""))];
}
