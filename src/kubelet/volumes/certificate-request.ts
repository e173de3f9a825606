import type { PodCertificateRequest } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import type { Pod, PodCertificateProjection } from "../../api/generated/core/v1.ts";
import { serviceAccounts } from "../../api/generated/resources.ts";
import type { Client } from "../../client/client.ts";
import type { RecordedEvent } from "../../client/events.ts";
import { identityOf } from "../pods/pod.ts";
import { emptyCertificateRequest } from "./certificate-key.ts";
import { certificatesIn, certificatesPem } from "./pem-certificates.ts";

/** A key and the certificates for it, both in PEM. */
export interface Credential {
  readonly key: string;
  readonly chain: string;
  readonly beginRefreshAtMs: number;
  readonly notAfterMs: number;
}

export type Outcome =
  | { readonly kind: "issued"; readonly credential: Credential }
  | { readonly kind: "refused"; readonly why: string; readonly event: RecordedEvent };

/** What a kubelet asks a signer for: a certificate on the key, for the pod as it runs here. */
export async function certificateRequestOf(
  pod: Pod,
  projection: PodCertificateProjection,
  by: { readonly client: Client; readonly nodeName: string; readonly nodeUid: string; readonly key: string },
): Promise<PodCertificateRequest> {
  const { uid, namespace, name } = identityOf(pod);
  const { signerName, keyType, maxExpirationSeconds, userAnnotations } = projection;
  const serviceAccountName = pod.spec?.serviceAccountName || "default";
  const account = await by.client.get(serviceAccounts, { namespace, name: serviceAccountName });
  return {
    metadata: {
      namespace,
      generateName: "req-",
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid }],
    },
    spec: {
      signerName,
      podName: name,
      podUID: uid,
      serviceAccountName,
      serviceAccountUID: account.metadata?.uid ?? "",
      nodeName: by.nodeName,
      nodeUID: by.nodeUid,
      ...(maxExpirationSeconds !== undefined && { maxExpirationSeconds }),
      stubPKCS10Request: emptyCertificateRequest(keyType, by.key),
      ...(userAnnotations !== undefined && { unverifiedUserAnnotations: userAnnotations }),
    },
  };
}

/** What became of a decided request. Pure. */
export function outcomeOf({ metadata, status }: PodCertificateRequest, key: string): Outcome {
  const refused = status?.conditions?.find(({ type }) => type === "Denied" || type === "Failed");
  if (refused !== undefined) {
    const { type, reason = "", message = "" } = refused;
    const how = type === "Denied" ? "was denied" : "failed";
    const because = `reason=${JSON.stringify(reason)}`;
    const text = JSON.stringify(message);
    return {
      kind: "refused",
      why: `PodCertificateRequest was permanently ${type.toLowerCase()}: ${because} message=${text}`,
      event: {
        type: "Warning",
        reason: type,
        message: `PodCertificateRequest ${metadata?.namespace}/${metadata?.name} ${how}, ${because}, message=${text}`,
      },
    };
  }
  const { certificateChain = "", beginRefreshAt = "", notAfter = "" } = status ?? {};
  const chain = certificatesPem(certificatesIn(certificateChain));
  const credential = { key, chain, beginRefreshAtMs: Date.parse(beginRefreshAt), notAfterMs: Date.parse(notAfter) };
  return { kind: "issued", credential };
}
