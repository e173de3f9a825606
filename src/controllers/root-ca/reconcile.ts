import type { ConfigMap } from "../../api/generated/core/v1.ts";
import { configMaps, namespaces } from "../../api/generated/resources.ts";
import { joinKey } from "../../api/meta.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import { isNamespaceTerminating } from "../namespace-terminating.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";

const ROOT_CA_CONFIG_MAP = "kube-root-ca.crt";

const DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the " +
  "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** The CA that is to be published: it changes while authorities are exchanged. */
export interface RootCa {
  /** Certificates in PEM. */
  pem(): string;
  /** Answers how to listen no more. */
  onChange(listener: () => void): () => void;
}

/** Publishes the cluster's CA in every namespace, for pods to verify the API server with. */
export function rootCaController(rootCa: RootCa): ControllerFactory {
  return ({ client, informers }): Controller => {
    const namespaceInformer = informers.informer(namespaces);
    const configMapInformer = informers.projected({
      resource: configMaps,
      fieldSelector: `metadata.name=${ROOT_CA_CONFIG_MAP}`,
      project: (configMap) => configMap,
    });

    async function write(namespace: string, current: ConfigMap | undefined): Promise<void> {
      const wanted = withRootCa(current, { namespace, caPem: rootCa.pem() });
      if (wanted === undefined) return;
      try {
        if (current === undefined) await client.create(configMaps, wanted);
        else await client.update(configMaps, wanted);
      } catch (error) {
        const settled = isAlreadyExists(error) || isNamespaceTerminating(error) || isNotFound(error);
        if (!settled) throw error;
      }
    }

    return {
      name: "root-ca-certificate-publisher-controller",
      sources: [
        from(namespaceInformer, ({ key, after }) => (after === undefined ? [] : [key])),
        from(configMapInformer, ({ before, after }) => [(after ?? before)?.metadata?.namespace ?? ""]),
        {
          start: (enqueue) =>
            rootCa.onChange(() => {
              for (const namespace of namespaceInformer.list()) enqueue(namespace.metadata?.name ?? "");
            }),
        },
      ],
      async reconcile(namespace) {
        const found = namespaceInformer.get(namespace);
        if (found === undefined || found.status?.phase === "Terminating") return undefined;
        await write(namespace, configMapInformer.get(joinKey(namespace, ROOT_CA_CONFIG_MAP)));
        return undefined;
      },
    };
  };
}

/** The ConfigMap with the CA in it; undefined when it has just that. */
function withRootCa(current: ConfigMap | undefined, of: { namespace: string; caPem: string }): ConfigMap | undefined {
  const data = current?.data ?? {};
  const described = current?.metadata?.annotations?.["kubernetes.io/description"] === DESCRIPTION;
  if (Object.keys(data).length === 1 && data["ca.crt"] === of.caPem && described) return undefined;
  return {
    ...current,
    metadata: {
      ...current?.metadata,
      name: ROOT_CA_CONFIG_MAP,
      namespace: of.namespace,
      annotations: { ...current?.metadata?.annotations, "kubernetes.io/description": DESCRIPTION },
    },
    data: { "ca.crt": of.caPem },
  };
}
