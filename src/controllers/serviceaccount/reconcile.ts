import { namespaces, serviceAccounts } from "../../api/generated/resources.ts";
import { joinKey } from "../../api/meta.ts";
import { isAlreadyExists } from "../../api/status.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { type Controller, type ControllerDependencies, from } from "../reconciler.ts";

const DEFAULT = "default";

/** Sees to it that every namespace has the service account `default`. */
export function serviceAccountController(dependencies: ControllerDependencies): Controller {
  const { client, informers } = dependencies;
  const namespaceInformer = informers.informer(namespaces);
  const accountInformer = informers.projected({
    resource: serviceAccounts,
    fieldSelector: `metadata.name=${DEFAULT}`,
    project: (account) => ({ namespace: account.metadata?.namespace ?? "" }),
  });

  return {
    name: "serviceaccount-controller",
    sources: [
      from(namespaceInformer, ({ key, after }) => (after === undefined ? [] : [key])),
      from(accountInformer, ({ before, after }) => (after === undefined && before ? [before.namespace] : [])),
    ],
    async reconcile(namespace) {
      const found = namespaceInformer.get(namespace);
      if (found === undefined || found.status?.phase === "Terminating") return undefined;
      if (accountInformer.get(joinKey(namespace, DEFAULT)) !== undefined) return undefined;
      try {
        await client.create(serviceAccounts, { metadata: { name: DEFAULT, namespace } });
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      }
      return undefined;
    },
  };
}
