import { storageKey, storagePrefix } from "../apiserver/registry/storage-prefix.ts";
import { CommandError } from "../cli/command.ts";
import type { Store } from "../store/store.ts";

const RBAC = "rbac.authorization.k8s.io";

/** What a start reads, compares and writes again: without it there is no cluster, whatever else can be read. */
const NEEDED: readonly (readonly [string, string])[] = [
  ["namespaces", storagePrefix("", "namespaces")],
  ["services", storageKey(storagePrefix("", "services"), "default", "kubernetes")],
  ["configmaps", storageKey(storagePrefix("", "configmaps"), "kube-system", "extension-apiserver-authentication")],
  [
    "configmaps",
    storageKey(storagePrefix("", "configmaps"), "kube-system", "kube-apiserver-legacy-service-account-token-tracking"),
  ],
  ...["clusterroles", "clusterrolebindings", "roles", "rolebindings"].map(
    (resource) => [`${resource}.${RBAC}`, storagePrefix(RBAC, resource)] as const,
  ),
  ["priorityclasses.scheduling.k8s.io", storagePrefix("scheduling.k8s.io", "priorityclasses")],
  [
    "customresourcedefinitions.apiextensions.k8s.io",
    storagePrefix("apiextensions.k8s.io", "customresourcedefinitions"),
  ],
];

/**
 * Before the first write: can what every start needs be decrypted? Other objects that cannot be read cost only themselves.
 * @param configuration the file that says how values are encrypted
 * @throws CommandError that names the resource and the key it needs
 */
export async function requireReadable(store: Store, configuration: string): Promise<void> {
  const found = await Promise.all(
    NEEDED.map(async ([resource, prefix]) => {
      const { items } = await store.list({ prefix });
      return items.filter(({ unreadable }) => unreadable !== undefined).map((item) => ({ resource, ...item }));
    }),
  );
  const [first, ...more] = found.flat();
  if (first === undefined) return;
  const resources = [...new Set(found.flat().map(({ resource }) => resource))].join(", ");
  throw new CommandError(
    `${first.unreadable}${more.length === 0 ? "" : ` (and ${more.length} more)`}. Without these objects (${resources}) the cluster ` +
      `cannot start, and nothing was changed: put the key that they were encrypted with, or the key service, back into ${configuration} ` +
      "as a further provider for these resources (--encryption-provider-config)",
  );
}
