import type { ConfigMap } from "../../api/generated/core/v1.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  namespaces,
  priorityClasses,
  roleBindings,
  roles,
} from "../../api/generated/resources.ts";
import { type ApiObject, keyOf, type ResourceReference } from "../../api/meta.ts";
import type { RequestHeader } from "../../api/request-header.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../api/status.ts";
import type { Logger } from "../../base/log.ts";
import type { Client } from "../../client/client.ts";
import { defaultRbac } from "../rbac/default-objects.ts";
import { beginBinding, type Repair, repairBinding, repairRole } from "../rbac/repair.ts";
import {
  clusterConfig,
  extensionAuthentication,
  legacyTokenTracking,
  systemNamespaces,
  systemPriorityClasses,
} from "./system-objects.ts";

export interface DefaultsOptions {
  /** PEM of the authorities that extension API servers are told about. */
  readonly authorities: { readonly cluster: string; readonly frontProxy: string };
  /** What machines that join are told of the cluster. */
  readonly cluster: Readonly<Record<string, string>>;
  /** How they are told whom a request is from; by kubeadm's names when absent. */
  readonly requestHeader?: RequestHeader | undefined;
  readonly log: Logger;
  /** The day, as `2026-01-31`. */
  readonly today: string;
}

/** How many writes this call made. */
export interface DefaultsResult {
  readonly created: number;
  readonly repaired: number;
}

/** Enough to fill a group commit of the store, few enough to be polite. */
const WRITES_AT_ONCE = 64;
const ATTEMPTS = 3;

type Work = () => Promise<"created" | "repaired" | "kept">;

/**
 * Creates what every cluster has from its first minute (system namespaces, default roles and bindings, priority classes,
 * the authorities for extension API servers, the cluster's addresses) and repairs what was taken from it, as upstream does at each start: additions
 * of administrators stay. The client must act as a member of system:masters. When all is well it costs one list a kind.
 */
export async function reconcileDefaults(client: Client, options: DefaultsOptions): Promise<DefaultsResult> {
  const rbac = defaultRbac();
  const authentication = extensionAuthentication(options.authorities, options.requestHeader);
  const keep = (): undefined => undefined;
  // Namespaces first: roles live in them.
  const [first, ...rest] = await Promise.all([
    planKind(client, namespaces, { expected: systemNamespaces, repair: keep }),
    planKind(client, clusterRoles, { expected: rbac.clusterRoles, repair: repairRole }),
    planKind(client, clusterRoleBindings, {
      expected: rbac.clusterRoleBindings,
      repair: repairBinding,
      begin: beginBinding,
    }),
    planKind(client, roles, { expected: rbac.roles, repair: repairRole }),
    planKind(client, roleBindings, { expected: rbac.roleBindings, repair: repairBinding }),
    planKind(client, priorityClasses, { expected: systemPriorityClasses, repair: keep }),
    planConfigMap(client, authentication, completeData),
    planConfigMap(client, clusterConfig(options.cluster), completeData),
    planConfigMap(client, legacyTokenTracking(options.today), dateAgain),
  ]);
  const results = [...(await inBatches(first)), ...(await inBatches(rest.flat()))];
  const count = (what: string): number => results.filter((result) => result === what).length;
  const result = { created: count("created"), repaired: count("repaired") };
  if (result.created + result.repaired > 0) options.log.info("default objects written", { ...result });
  return result;
}

/** The same for the one ConfigMap that says since when uses of tokens from Secrets are noted. @param today as `2026-01-31` */
export async function reconcileTokenTracking(client: Client, today: string): Promise<void> {
  await inBatches(await planConfigMap(client, legacyTokenTracking(today), dateAgain));
}

interface Kind<T extends ApiObject> {
  readonly expected: readonly T[];
  repair(expected: T, stored: T): Repair<T> | undefined;
  /** What to create where there is none, when it is not what is expected. */
  readonly begin?: (expected: T, stored: ReadonlyMap<string, T>) => T;
}

async function planKind<T extends ApiObject>(
  client: Client,
  resource: ResourceReference<T>,
  kind: Kind<T>,
): Promise<Work[]> {
  const { items } = await client.list(resource);
  const stored = new Map(items.map((item) => [keyOf(item), item]));
  return kind.expected.flatMap((expected): Work[] => {
    const found = stored.get(keyOf(expected));
    if (found === undefined) return [() => create(client, resource, kind.begin?.(expected, stored) ?? expected)];
    if (kind.repair(expected, found) === undefined) return [];
    return [() => repair(client, resource, { expected, found, repair: kind.repair })];
  });
}

/** One object among ConfigMaps that may be many: it is read by name. */
async function planConfigMap(
  client: Client,
  expected: ConfigMap,
  complete: Kind<ConfigMap>["repair"],
): Promise<Work[]> {
  const { namespace, name = "" } = expected.metadata ?? {};
  try {
    const found = await client.get(configMaps, { namespace, name });
    if (complete(expected, found) === undefined) return [];
    return [() => repair(client, configMaps, { expected, found, repair: complete })];
  } catch (error) {
    if (isNotFound(error)) return [() => create(client, configMaps, expected)];
    throw error;
  }
}

/** What nobody can read as a day begins anew; another day is what it is. */
function dateAgain(expected: ConfigMap, stored: ConfigMap): Repair<ConfigMap> | undefined {
  const { since = "" } = stored.data ?? {};
  if (/^\d{4}-\d{2}-\d{2}$/.test(since) && !Number.isNaN(Date.parse(since))) return undefined;
  return { kind: "update", object: { ...stored, data: { ...stored.data, ...expected.data } } };
}

function completeData(expected: ConfigMap, stored: ConfigMap): Repair<ConfigMap> | undefined {
  const entries = Object.entries(expected.data ?? {});
  if (entries.every(([key, value]) => stored.data?.[key] === value)) return undefined;
  return { kind: "update", object: { ...stored, data: { ...stored.data, ...expected.data } } };
}

async function create<T extends ApiObject>(client: Client, resource: ResourceReference<T>, object: T) {
  try {
    await client.create(resource, structuredClone(object));
    return "created" as const;
  } catch (error) {
    // Another server of the same cluster was faster.
    if (isAlreadyExists(error)) return "kept" as const;
    throw error;
  }
}

async function repair<T extends ApiObject>(
  client: Client,
  resource: ResourceReference<T>,
  { expected, found, repair: plan }: { expected: T; found: T; repair: Kind<T>["repair"] },
): Promise<"repaired" | "kept"> {
  const { namespace, name = "" } = expected.metadata ?? {};
  let stored = found;
  for (let attempt = 1; ; attempt++) {
    const change = plan(expected, stored);
    if (change === undefined) return "kept";
    try {
      if (change.kind === "update") await client.update(resource, structuredClone(change.object));
      else {
        await client.delete(resource, { namespace, name });
        await client.create(resource, structuredClone(change.object));
      }
      return "repaired";
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      stored = await client.get(resource, { namespace, name });
    }
  }
}

async function inBatches(work: readonly Work[]): Promise<Awaited<ReturnType<Work>>[]> {
  const results: Awaited<ReturnType<Work>>[] = [];
  for (let start = 0; start < work.length; start += WRITES_AT_ONCE) {
    const batch = work.slice(start, start + WRITES_AT_ONCE);
    results.push(...(await Promise.all(batch.map((each) => each()))));
  }
  return results;
}
