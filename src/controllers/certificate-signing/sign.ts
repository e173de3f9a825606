import { parseRequestDocument, type RequestDocument } from "../../api/certificates/request-document.ts";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import { certificateSigningRequests } from "../../api/generated/resources.ts";
import { errorMessage } from "../../base/assert.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";
import { hasCondition, withCondition } from "./conditions.ts";
import { SIGNERS } from "./signers.ts";

/** What is to be certified; the authority's key stays with whoever signs. */
export interface CertificateOrder {
  readonly document: RequestDocument;
  readonly purpose: "client" | "server";
  readonly isForEncipherment: boolean;
  /** How long it should hold at most. */
  readonly lifetimeMs: number;
}

/** Signs with the cluster's authority; PEM. */
export type SignCertificate = (order: CertificateOrder) => string;

/** kube-controller-manager --cluster-signing-duration. */
const LONGEST_MS = 365 * 24 * 60 * 60 * 1000;

/** Signs approved requests for the API server's clients and for kubelets' servers (pkg/controller/certificates/signer). */
export function certificateSigner(sign: SignCertificate): ControllerFactory {
  return ({ client, informers, clock }): Controller => {
    const requests = informers.informer(certificateSigningRequests);
    return {
      name: "certificatesigningrequest-signing-controller",
      sources: [from(requests, ({ key, after }) => (after === undefined ? [] : [key]))],
      async reconcile(key) {
        const request = requests.get(key);
        if (request === undefined || !isWaiting(request)) return undefined;
        const answer = signed(request, { sign, nowMs: clock.now() });
        if (answer !== undefined) await client.update(certificateSigningRequests, answer, { subresource: "status" });
        return undefined;
      },
    };
  };
}

function isWaiting(request: CertificateSigningRequest): boolean {
  const { certificate = "" } = request.status ?? {};
  const isRefused = hasCondition(request, "Denied") || hasCondition(request, "Failed");
  return certificate === "" && hasCondition(request, "Approved") && !isRefused;
}

/** The request with its certificate, or with why it gets none; undefined when another signer is meant. */
function signed(
  request: CertificateSigningRequest,
  by: { sign: SignCertificate; nowMs: number },
): CertificateSigningRequest | undefined {
  const { spec } = request;
  const signer = SIGNERS[spec.signerName];
  if (signer === undefined) return undefined;
  const refused = (message: string): CertificateSigningRequest =>
    withCondition(request, { type: "Failed", reason: "SignerValidationFailure", message }, by.nowMs);
  let document: RequestDocument;
  try {
    document = parseRequestDocument(Buffer.from(spec.request, "base64").toString("latin1"));
  } catch (error) {
    return refused(`unable to parse csr: ${errorMessage(error)}`);
  }
  const problem = signer.problem(document, spec);
  if (problem !== undefined) return refused(problem);
  const certificate = by.sign({
    document,
    purpose: signer.purpose,
    isForEncipherment: spec.usages?.includes("key encipherment") === true,
    lifetimeMs: Math.min((spec.expirationSeconds ?? Number.POSITIVE_INFINITY) * 1000, LONGEST_MS),
  });
  return { ...request, status: { ...request.status, certificate: Buffer.from(certificate).toString("base64") } };
}
