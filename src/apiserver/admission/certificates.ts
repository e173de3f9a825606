import { isDeepStrictEqual } from "node:util";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import type { ClusterTrustBundle } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import { maySign } from "../authz/signers.ts";
import type { AdmissionAttributes, AdmissionDependencies, AdmissionPlugin } from "./admission.ts";
import { requestedOrganizations } from "./certificate-subject.ts";
import { draftOf, isAbout, isResource, refuse } from "./refuse.ts";

const GROUP = "certificates.k8s.io";
const RESOURCE = "certificatesigningrequests";
const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client";

/** Who approves a request must be allowed to `approve` for its signer. */
export function certificateApproval({ authorizer }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    handles: (attributes) => isUpdateOf(attributes, "approval"),
    async validate(attributes) {
      const { signerName } = (attributes.oldObject as CertificateSigningRequest).spec;
      if (await maySign(attributes.user, { verb: "approve", signerName }, authorizer())) return;
      throw refuse(attributes, `user not permitted to approve requests with signerName "${signerName}"`);
    },
  };
}

/** Who issues a certificate, or says that signing failed, must be allowed to `sign` for the signer. */
export function certificateSigning({ authorizer }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    handles: (attributes) => isUpdateOf(attributes, "status"),
    async validate(attributes) {
      const old = attributes.oldObject as CertificateSigningRequest;
      const draft = draftOf<CertificateSigningRequest>(attributes);
      const failures = (of: CertificateSigningRequest): string =>
        JSON.stringify((of.status?.conditions ?? []).filter(({ type }) => type === "Failed"));
      const untouched =
        (old.status?.certificate ?? "") === (draft.status?.certificate ?? "") && failures(old) === failures(draft);
      if (untouched) return;
      const { signerName } = old.spec;
      if (await maySign(attributes.user, { verb: "sign", signerName }, authorizer())) return;
      throw refuse(attributes, `user not permitted to sign requests with signerName "${signerName}"`);
    },
  };
}

/** Who publishes what to trust for a signer must be allowed to `attest` for it. */
export function clusterTrustBundleAttest({ authorizer }: AdmissionDependencies): AdmissionPlugin {
  return {
    name: "ClusterTrustBundleAttest",
    handles: (attributes) =>
      (attributes.operation === "CREATE" || attributes.operation === "UPDATE") &&
      isAbout(attributes, "clustertrustbundles", GROUP),
    async validate(attributes) {
      const bundle = draftOf<ClusterTrustBundle>(attributes);
      const old = attributes.oldObject as ClusterTrustBundle | undefined;
      const { signerName = "" } = bundle.spec;
      const unchanged = old !== undefined && isDeepStrictEqual(old.spec, bundle.spec);
      if (signerName === "" || unchanged) return;
      if (await maySign(attributes.user, { verb: "attest", signerName }, authorizer())) return;
      throw refuse(attributes, `user not permitted to attest for signerName "${signerName}"`);
    },
  };
}

/** Nobody gets the group that may do everything by a certificate of the general client signer. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  handles: (attributes) => attributes.operation === "CREATE" && isAbout(attributes, RESOURCE, GROUP),
  validate(attributes) {
    const { spec } = draftOf<CertificateSigningRequest>(attributes);
    if (spec.signerName !== CLIENT_SIGNER) return;
    let organizations: string[];
    try {
      organizations = requestedOrganizations(Buffer.from(spec.request, "base64").toString());
    } catch (error) {
      throw refuse(attributes, `failed to parse CSR: ${(error as Error).message}`);
    }
    if (!organizations.includes("system:masters")) return;
    throw refuse(attributes, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`);
  },
};

function isUpdateOf(attributes: AdmissionAttributes, subresource: string): boolean {
  return (
    attributes.operation === "UPDATE" &&
    attributes.subresource === subresource &&
    isResource(attributes, RESOURCE, GROUP)
  );
}
