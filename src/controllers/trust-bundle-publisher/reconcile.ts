import { createHash } from "node:crypto";
import type { ClusterTrustBundle } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import { clusterTrustBundles } from "../../api/generated/resources.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";
import type { RootCa } from "../root-ca/reconcile.ts";

const SIGNER = "kubernetes.io/kube-apiserver-serving";
const PREFIX = "kubernetes.io:kube-apiserver-serving:";

/** The bundle by which pods verify the API server; another trust is another bundle, so that its name tells which. */
export function servingBundle(trustBundle: string): ClusterTrustBundle {
  const hash = createHash("sha256").update(trustBundle).digest("hex").slice(0, 16);
  return { metadata: { name: PREFIX + hash }, spec: { signerName: SIGNER, trustBundle } };
}

/** Keeps the one ClusterTrustBundle of the signer kubernetes.io/kube-apiserver-serving. */
export function trustBundlePublisher(rootCa: RootCa): ControllerFactory {
  return ({ client, informers }): Controller => {
    const bundles = informers.informer(clusterTrustBundles);

    async function put(wanted: ClusterTrustBundle): Promise<void> {
      const stored = bundles.get(wanted.metadata?.name ?? "");
      if (stored?.spec?.trustBundle === wanted.spec?.trustBundle) return;
      try {
        if (stored === undefined) await client.create(clusterTrustBundles, wanted);
        else await client.update(clusterTrustBundles, { ...stored, spec: wanted.spec });
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }

    return {
      name: "kube-apiserver-serving-clustertrustbundle-publisher-controller",
      sources: [
        from(bundles, ({ before, after }) => ((after ?? before)?.spec?.signerName === SIGNER ? [SIGNER] : [])),
        {
          start(enqueue) {
            enqueue(SIGNER);
            return rootCa.onChange(() => enqueue(SIGNER));
          },
        },
      ],
      async reconcile() {
        const wanted = servingBundle(rootCa.pem());
        await put(wanted);
        for (const { metadata, spec } of bundles.list()) {
          if (spec?.signerName !== SIGNER || metadata?.name === wanted.metadata?.name) continue;
          try {
            await client.delete(clusterTrustBundles, { name: metadata?.name ?? "" });
          } catch (error) {
            if (!isNotFound(error)) throw error;
          }
        }
        return undefined;
      },
    };
  };
}
