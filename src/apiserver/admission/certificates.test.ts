import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateSigningRequest } from "../../api/generated/certificates.k8s.io/v1.ts";
import type { ClusterTrustBundle } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import { certificateSigningRequests, clusterTrustBundles } from "../../api/generated/resources.ts";
import { integer, objectIdentifier, sequence, set, utf8String } from "../../base/der.ts";
import { admissionBench } from "../testing/admission-bench.ts";
import { requestedOrganizations } from "./certificate-subject.ts";
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
} from "./certificates.ts";

const SIGNER = "example.com/web";

function pem(organizations: readonly string[]): string {
  const attribute = (type: string, value: string) => set(sequence(objectIdentifier(type), utf8String(value)));
  const subject = sequence(...organizations.map((each) => attribute("2.5.4.10", each)), attribute("2.5.4.3", "jane"));
  const request = sequence(sequence(integer(Buffer.from([0])), subject), sequence());
  return `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}

const csr = (
  over: Partial<CertificateSigningRequest> = {},
  signerName = SIGNER,
  text = pem([]),
): CertificateSigningRequest => ({
  metadata: { name: "jane" },
  spec: { signerName, request: Buffer.from(text).toString("base64"), usages: [] },
  ...over,
});
const user = (...rights: string[]) => ({ name: "u", groups: rights });

test("approving and signing need a right for the signer or its domain", async () => {
  const bench = admissionBench();
  const update = { resource: certificateSigningRequests, operation: "UPDATE", oldObject: csr() } as const;
  const approve = (of: ReturnType<typeof user>) =>
    bench.run(certificateApproval(bench), { ...update, subresource: "approval", object: csr(), user: of });
  await approve(user(`approve ${SIGNER}`));
  await approve(user("approve example.com/*"));
  await assert.rejects(
    approve(user(`sign ${SIGNER}`)),
    /user not permitted to approve requests with signerName "example.com\/web"/,
  );

  const issued = csr({ status: { certificate: "x" } });
  const failed = csr({ status: { conditions: [{ type: "Failed", status: "True" }] } });
  const sign = (object: CertificateSigningRequest, of: ReturnType<typeof user>) =>
    bench.run(certificateSigning(bench), { ...update, subresource: "status", object, user: of });
  await sign(issued, user(`sign ${SIGNER}`));
  await sign(csr(), user());
  await assert.rejects(sign(issued, user(`approve ${SIGNER}`)), /user not permitted to sign requests with signerName/);
  await assert.rejects(sign(failed, user()), /user not permitted to sign/);
});

test("publishing trust needs a right for the signer", async () => {
  const bench = admissionBench();
  const bundle = (trustBundle: string, signerName?: string): ClusterTrustBundle => ({
    metadata: { name: "trust" },
    spec: { trustBundle, ...(signerName === undefined ? {} : { signerName }) },
  });
  const create = (object: ClusterTrustBundle, ...rights: string[]) =>
    bench.run(clusterTrustBundleAttest(bench), { resource: clusterTrustBundles, object, user: user(...rights) });
  await create(bundle("PEM"));
  await create(bundle("PEM", SIGNER), "attest example.com/*");
  await assert.rejects(create(bundle("PEM", SIGNER)), /user not permitted to attest for signerName "example.com\/web"/);
});

test("the group of all power is not to be had by the general signer", async () => {
  const bench = admissionBench();
  const create = (signerName: string, text: string) =>
    bench.run(certificateSubjectRestriction, {
      resource: certificateSigningRequests,
      object: csr({}, signerName, text),
    });
  const client = "kubernetes.io/kube-apiserver-client";
  await create(client, pem(["dev"]));
  await create(SIGNER, pem(["system:masters"]));
  await assert.rejects(
    create(client, pem(["dev", "system:masters"])),
    /use of kubernetes.io\/kube-apiserver-client signer with system:masters group is not allowed/,
  );
  await assert.rejects(create(client, "nonsense"), /failed to parse CSR: PEM block type must be CERTIFICATE REQUEST/);
});

test("organizations are read from what openssl would write", () => {
  assert.deepEqual(requestedOrganizations(pem(["a, b", 'c"d', "é"])), ["a, b", 'c"d', "é"]);
  const cut = pem(["a"]).replace(/\n[A-Za-z0-9+/=]+/, (line) => line.slice(0, 20));
  assert.throws(() => requestedOrganizations(cut), /cut off/);
});
