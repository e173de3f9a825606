import { parseRequestDocument, type RequestDocument } from "../../api/certificates/request-document.ts";
import type { SubjectAccessReview } from "../../api/generated/authorization.k8s.io/v1.ts";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import { certificateSigningRequests, subjectAccessReviews } from "../../api/generated/resources.ts";
import type { Client } from "../../client/client.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";
import { hasCondition, withCondition } from "./conditions.ts";
import { kubeletClientProblem, kubeletServingProblem } from "./signers.ts";

interface Recognizer {
  readonly signer: string;
  /** The right that the requestor needs: create on this subresource. */
  readonly subresource: string;
  applies(document: RequestDocument, username: string): boolean;
  problem(document: RequestDocument, spec: CertificateSigningRequest["spec"]): string | undefined;
  readonly message: string;
}

const CLIENT = { signer: "kubernetes.io/kube-apiserver-client-kubelet", problem: kubeletClientProblem };

/** Ways in which a kubelet's certificate is approved by itself. */
const RECOGNIZERS: readonly Recognizer[] = [
  {
    ...CLIENT,
    subresource: "selfnodeclient",
    applies: (document, username) => document.commonName === username,
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
  },
  {
    ...CLIENT,
    subresource: "nodeclient",
    applies: () => true,
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
  },
  {
    signer: "kubernetes.io/kubelet-serving",
    problem: kubeletServingProblem,
    subresource: "selfnodeserver",
    applies: (document, username) => document.commonName === username,
    message: "Auto approving self kubelet server certificate after SubjectAccessReview.",
  },
];

/** Approves the certificates of kubelets whose requestor may have them (pkg/controller/certificates/approver). */
export const certificateApprover: ControllerFactory = ({ client, informers, clock }): Controller => {
  const requests = informers.informer(certificateSigningRequests);
  return {
    name: "certificatesigningrequest-approving-controller",
    sources: [from(requests, ({ key, after }) => (after === undefined ? [] : [key]))],
    async reconcile(key) {
      const request = requests.get(key);
      if (request === undefined || isDecided(request)) return undefined;
      const message = await approvalMessage(client, request);
      if (message === undefined) return undefined;
      const approved = withCondition(request, { type: "Approved", reason: "AutoApproved", message }, clock.now());
      await client.update(certificateSigningRequests, approved, { subresource: "approval" });
      return undefined;
    },
  };
};

function isDecided(request: CertificateSigningRequest): boolean {
  const { certificate = "" } = request.status ?? {};
  return certificate !== "" || hasCondition(request, "Approved") || hasCondition(request, "Denied");
}

/** Undefined when a person has to decide. */
async function approvalMessage(client: Client, { spec }: CertificateSigningRequest): Promise<string | undefined> {
  if (!RECOGNIZERS.some(({ signer }) => signer === spec.signerName)) return undefined;
  let document: RequestDocument;
  try {
    document = parseRequestDocument(Buffer.from(spec.request, "base64").toString("latin1"));
  } catch {
    return undefined;
  }
  for (const { signer, problem, subresource, applies, message } of RECOGNIZERS) {
    if (signer !== spec.signerName || problem(document, spec) !== undefined) continue;
    if (applies(document, spec.username ?? "") && (await mayCreate(client, subresource, spec))) return message;
  }
  return undefined;
}

async function mayCreate(
  client: Client,
  subresource: string,
  { username, uid, groups, extra }: CertificateSigningRequest["spec"],
): Promise<boolean> {
  const resource = "certificatesigningrequests";
  const review: SubjectAccessReview = {
    spec: {
      ...(username === undefined ? {} : { user: username }),
      ...(uid === undefined ? {} : { uid }),
      ...(groups === undefined ? {} : { groups }),
      ...(extra === undefined ? {} : { extra }),
      resourceAttributes: { group: "certificates.k8s.io", resource, subresource, verb: "create", version: "*" },
    },
  };
  const answer = await client.create(subjectAccessReviews, review as object);
  return answer.status?.allowed === true;
}
