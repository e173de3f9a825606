import { parseRequestDocument } from "../../api/certificates/request-document.ts";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import type { PodCertificateRequest } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import { nodes, pods, serviceAccounts } from "../../api/generated/resources.ts";
import { failure, type StatusError } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { AdmissionAttributes, AdmissionDependencies } from "./admission.ts";
import { draftOf, refuse } from "./refuse.ts";

const NODE_SIGNERS = ["kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"];
const MIRROR = "kubernetes.io/config.mirror";

/** A node asks for its own certificates only. */
export function checkSigningRequest(attributes: AdmissionAttributes, node: string): void {
  if (attributes.operation !== "CREATE") return;
  const { spec } = draftOf<CertificateSigningRequest>(attributes);
  if (!NODE_SIGNERS.includes(spec?.signerName ?? "")) return;
  let commonName: string;
  try {
    ({ commonName } = parseRequestDocument(Buffer.from(spec.request, "base64").toString()));
  } catch (error) {
    throw refuse(attributes, `unable to parse csr: ${errorMessage(error)}`);
  }
  const own = `system:node:${node}`;
  if (commonName !== own) throw refuse(attributes, `can only create a node CSR with CN=${own}`);
}

/**
 * A node asks for certificates of the pods that run on it only, and for none of a mirror pod. What may be due to another
 * server's late view of things is no refusal: the kubelet asks again.
 */
export async function checkPodCertificateRequest(
  attributes: AdmissionAttributes,
  node: string,
  { reader }: Pick<AdmissionDependencies, "reader">,
): Promise<void> {
  if (attributes.operation !== "CREATE") throw refuse(attributes, `unexpected operation ${attributes.operation}`);
  if (attributes.subresource !== "") throw refuse(attributes, `unexpected subresource ${attributes.subresource}`);
  const { namespace } = attributes;
  const { spec } = draftOf<PodCertificateRequest>(attributes);
  if (spec.nodeName !== node) {
    const why = `PodCertificateRequest.Spec.NodeName="${spec.nodeName}", which is not the requesting node "${node}"`;
    throw refuse(attributes, why);
  }
  const about = `PodCertificateRequest for pod "${namespace}/${spec.podName}"`;
  const own = await reader.get(nodes, undefined, node);
  if (own === undefined) throw missing("node", node, `"${node}"`);
  if (own.metadata?.uid !== spec.nodeUID) {
    throw late(
      `${about} names node UID "${spec.nodeUID}", inconsistent with the running node ("${own.metadata?.uid}")`,
    );
  }
  const pod = await reader.get(pods, namespace, spec.podName);
  if (pod === undefined) throw missing("pod", spec.podName, `"${namespace}/${spec.podName}"`);
  const uid = pod.metadata?.uid ?? "";
  if (spec.podUID !== uid) {
    throw late(`${about} contains pod UID ("${spec.podUID}") which differs from running pod "${uid}"`);
  }
  const called = `pod "${namespace}/${spec.podName}"`;
  if (pod.spec?.nodeName !== node) {
    throw refuse(attributes, `${called} is not running on node "${node}" named in the PodCertificateRequest`);
  }
  if (pod.metadata?.annotations?.[MIRROR] !== undefined) throw refuse(attributes, `${called} is a mirror pod`);
  const account = pod.spec.serviceAccountName ?? "";
  if (spec.serviceAccountName !== account) {
    const why = `${about} contains serviceAccountName ("${spec.serviceAccountName}") that differs from running pod ("${account}")`;
    throw refuse(attributes, why);
  }
  const found = await reader.get(serviceAccounts, namespace, account);
  if (found === undefined) throw missing("service account", account, `"${namespace}/${account}"`);
  if (found.metadata?.uid !== spec.serviceAccountUID) {
    const differs = `which differs from the running service account ("${found.metadata?.uid}")`;
    throw late(`${about} names service account UID "${spec.serviceAccountUID}", ${differs}`);
  }
}

function missing(what: string, name: string, called: string): StatusError {
  const kind = what.replace(" ", "");
  return late(`while retrieving ${what} ${called} named in the PodCertificateRequest: ${kind} "${name}" not found`);
}

function late(why: string): StatusError {
  return failure(500, "", why);
}
