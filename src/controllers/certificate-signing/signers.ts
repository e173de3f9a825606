import type { RequestDocument } from "../../api/certificates/request-document.ts";
import type { CertificateSigningRequestSpec } from "../../api/generated/certificates.k8s.io/v1.ts";

/** A signer of Kubernetes' own: whom it gives certificates to (pkg/controller/certificates/signer). */
export interface Signer {
  readonly purpose: "client" | "server";
  /** What keeps it from signing, or undefined. */
  problem(document: RequestDocument, spec: CertificateSigningRequestSpec): string | undefined;
}

const NODES = "system:nodes";
const NODE_PREFIX = "system:node:";
const CLIENT_USAGES = ["digital signature", "key encipherment", "client auth"];
const SERVER_USAGES = ["digital signature", "key encipherment", "server auth"];

/** The signers that the cluster's authority signs for, by name. Nobody may have the authority's own power by any of them. */
export const SIGNERS: Readonly<Record<string, Signer>> = {
  "kubernetes.io/kube-apiserver-client": {
    purpose: "client",
    problem: (_document, { usages = [] }) =>
      usages.includes("client auth") ? notAmong(usages, CLIENT_USAGES) : "usages did not contain client auth",
  },
  "kubernetes.io/kube-apiserver-client-kubelet": { purpose: "client", problem: kubeletClientProblem },
  "kubernetes.io/kubelet-serving": { purpose: "server", problem: kubeletServingProblem },
};

/** A request by which a kubelet wants to prove to the API server that it is its node. */
export function kubeletClientProblem(
  document: RequestDocument,
  { usages = [] }: CertificateSigningRequestSpec,
): string | undefined {
  const problem = nodeProblem(document);
  if (problem !== undefined) return problem;
  if (document.names.length > 0) return "DNS subjectAltNames are not allowed";
  if (document.addresses.length > 0) return "IP subjectAltNames are not allowed";
  const other = otherNameProblem(document);
  if (other !== undefined) return other;
  if (!usages.includes("client auth")) return "usages did not contain client auth";
  return notAmong(usages, CLIENT_USAGES);
}

/** A request of a node for the certificate of its own server. */
export function kubeletServingProblem(
  document: RequestDocument,
  { usages = [], username = "" }: CertificateSigningRequestSpec,
): string | undefined {
  const problem = nodeProblem(document);
  if (problem !== undefined) return problem;
  if (document.commonName !== username) return "the requestor's username does not match the subject's common name";
  if (document.names.length + document.addresses.length === 0) return "DNS or IP subjectAltName is required";
  const other = otherNameProblem(document);
  if (other !== undefined) return other;
  if (!usages.includes("server auth")) return "usages did not contain server auth";
  return notAmong(usages, SERVER_USAGES);
}

function nodeProblem({ organizations, commonName }: RequestDocument): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODES) return `organization is not ${NODES}`;
  return commonName.startsWith(NODE_PREFIX) ? undefined : `subject common name does not begin with ${NODE_PREFIX}`;
}

function otherNameProblem({ otherNames }: RequestDocument): string | undefined {
  return otherNames.length === 0 ? undefined : `${otherNames[0]} subjectAltNames are not allowed`;
}

function notAmong(usages: readonly string[], allowed: readonly string[]): string | undefined {
  const strange = usages.find((usage) => !allowed.includes(usage));
  return strange === undefined ? undefined : `usage ${JSON.stringify(strange)} is not allowed`;
}
