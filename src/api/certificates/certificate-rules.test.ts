import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { sequence } from "../../base/der.ts";
import { createTestAuthority, createTestRequest } from "../../base/testing/certificates.ts";
import { testChange, testNew, wrongWithStatus } from "../testing/kind-table.ts";
import { certificateSigningRequestKind } from "./certificate-signing-request.ts";
import { pemBlocks } from "./pem.ts";
import { podCertificateRequestKind } from "./pod-certificate-request.ts";
import { clusterTrustBundleKinds } from "./trust.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const authority = createTestAuthority();
const { ca } = authority;
const { cert } = authority.issue("web");
const request = base64(createTestRequest("jane"));

test("PEM: text between blocks and broken blocks are passed over", () => {
  const broken = "-----BEGIN A-----\n!!\n-----END A-----\n-----BEGIN A-----\nAAAA\n-----END B-----\n";
  const headed = "-----BEGIN B-----\nProc-Type: 4\n\nAAAA\n-----END B-----";
  const blocks = pemBlocks(`before\n${broken}${ca}between\n${headed}`);
  assert.deepEqual(
    blocks.map(({ type, hasHeaders }) => [type, hasHeaders]),
    [
      ["CERTIFICATE", false],
      ["B", true],
    ],
  );
});

const csr = (spec: object, status?: object) => ({
  spec: { request, signerName: "example.com/web", usages: ["client auth"], ...spec },
  ...(status === undefined ? {} : { status }),
});
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SIGNER = "spec.signerName: Invalid value";

testNew(certificateSigningRequestKind, [
  ["sound", csr({})],
  ["any name that a path can hold", { metadata: { name: "A:b_c" }, ...csr({}) }],
  ["no usages", csr({ usages: [] }), "spec.usages: Required value"],
  ["usages twice", csr({ usages: ["client auth", "client auth"] }), 'spec.usages[1]: Duplicate value: "client auth"'],
  [
    "the signer of old",
    csr({ signerName: "kubernetes.io/legacy-unknown" }),
    `${SIGNER}: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version`,
  ],
  ["no signer", csr({ signerName: "" }), "spec.signerName: Required value"],
  [
    "a signer without a path",
    csr({ signerName: "example.com" }),
    `${SIGNER}: "example.com": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
  ],
  [
    "a signer whose domain has one part",
    csr({ signerName: "example/web" }),
    `${SIGNER}: "example": should be a domain with at least two segments separated by dots`,
  ],
  [
    "only the first wrong label is told",
    csr({ signerName: "A.B/web" }),
    `${SIGNER}: "A.B": validating label "A": ${LABEL}`,
  ],
  [
    "a signer that is too long",
    csr({ signerName: `a.b/${"c".repeat(253)}.${"d".repeat(253)}.${"e".repeat(63)}` }),
    "spec.signerName: Too long: may not be more than 571 bytes",
  ],
  [
    "nine minutes",
    csr({ expirationSeconds: 540 }),
    "spec.expirationSeconds: Invalid value: 540: may not specify a duration less than 600 seconds (10 minutes)",
  ],
  [
    "another block",
    csr({ request: base64(ca) }),
    `spec.request: Invalid value: ${JSON.stringify(base64(ca))}: PEM block type must be CERTIFICATE REQUEST`,
  ],
]);

const approved = { type: "Approved", status: "True" };
const denied = { type: "Denied", status: "True" };
const statusRows: [what: string, status: object, before: object, ...errors: string[]][] = [
  ["a certificate", { certificate: base64(`# leaf\n${cert}`) }, {}],
  [
    "what is no certificate",
    { certificate: base64("x") },
    {},
    'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block',
  ],
  [
    "another block",
    { certificate: base64("-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n") },
    {},
    'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "KEY"',
  ],
  [
    "another certificate",
    { certificate: base64(cert) },
    { certificate: base64(ca) },
    "status.certificate: Forbidden: updates may not modify existing certificate content",
  ],
  [
    "a decision",
    { conditions: [approved] },
    {},
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  ],
  [
    "no decision any more",
    { conditions: [] },
    { conditions: [denied] },
    'status.conditions: Forbidden: updates may not remove a condition of type "Denied"',
  ],
  [
    "both decisions",
    { conditions: [approved, denied] },
    { conditions: [approved] },
    'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    'status.conditions: Forbidden: updates may not add a condition of type "Denied"',
  ],
  ["both decisions, as before", { conditions: [approved, denied] }, { conditions: [approved, denied] }],
  [
    "conditions without type and status, and twice",
    { conditions: [{}, { type: "Failed", status: "False" }, { type: "Failed", status: "True" }] },
    {},
    "status.conditions[0].type: Required value",
    "status.conditions[0].status: Required value",
    'status.conditions[1].status: Unsupported value: "False": supported values: "True"',
    'status.conditions[2].type: Duplicate value: "Failed"',
  ],
];
for (const [what, status, before, ...errors] of statusRows) {
  test(`CertificateSigningRequest status: ${what}`, () => {
    assert.deepEqual(wrongWithStatus(certificateSigningRequestKind, csr({}, status), csr({}, before)), errors);
  });
}

test("signers do not change how it was decided", () => {
  const draft = csr({}, { conditions: [{ ...approved, message: "otherwise" }] });
  certificateSigningRequestKind.prepareForStatusUpdate!(draft as never, csr({}, { conditions: [approved] }) as never);
  assert.deepEqual(draft.status, { conditions: [approved] });
});

const [bundleKind] = clusterTrustBundleKinds;
const bundle = (trustBundle: string, name = "a", signerName?: string) => ({
  metadata: { name },
  spec: { trustBundle, ...(signerName === undefined ? {} : { signerName }) },
});
const BUNDLE = 'spec.trustBundle: Invalid value: "<value omitted>"';

testNew(bundleKind!, [
  ["sound", bundle(ca)],
  ["of a signer", bundle(ca, "example.com:web:a", "example.com/web")],
  ["empty", bundle(""), `${BUNDLE}: at least one trust anchor must be provided`],
  ["not an authority", bundle(cert), `${BUNDLE}: entry 0 does not have the CA bit set`],
  ["twice the same", bundle(ca + ca), `${BUNDLE}: duplicate trust anchor (indices [0 1])`],
  [
    "other blocks, headers, garbage",
    bundle(
      `-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n${ca.replace("-----\n", "-----\na: b\n\n")}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    ),
    `${BUNDLE}: entry 0 has bad block type: KEY`,
    `${BUNDLE}: entry 1 has PEM block headers`,
    `${BUNDLE}: entry 2 does not parse as X.509`,
  ],
  [
    "a colon without a signer",
    bundle(ca, "a:b"),
    'metadata.name: Invalid value: "a:b": ClusterTrustBundle without signer name must not have ":" in its name',
  ],
  [
    "a name that is not the signer's",
    bundle(ca, "web", "example.com/web"),
    'metadata.name: Invalid value: "web": ClusterTrustBundle for signerName example.com/web must be named with prefix example.com:web:',
  ],
]);
testChange(bundleKind!, [
  ["what is there may stay", bundle("x"), bundle("x")],
  [
    "another signer",
    bundle(ca, "example.com:b:a", "example.com/b"),
    bundle(ca, "example.com:a:a", "example.com/a"),
    'spec.signerName: Invalid value: "example.com/b": field is immutable',
  ],
]);

const startMs = Date.UTC(2030, 0, 1);
const HOUR_MS = 3_600_000;
const leaf = authority.issueOdd({ subject: sequence(), validFromMs: startMs, validUntilMs: startMs + 2 * HOUR_MS });
const publicKey = createPublicKey(leaf.key).export({ type: "spki", format: "der" });
const pod = {
  signerName: "example.com/web",
  ...{
    podName: "web",
    podUID: "p",
    serviceAccountName: "default",
    serviceAccountUID: "s",
    nodeName: "n",
    nodeUID: "u",
  },
};
const keyed = {
  ...pod,
  pkixPublicKey: publicKey.toString("base64"),
  proofOfPossession: sign("sha256", Buffer.from("p"), leaf.key).toString("base64"),
};
const { publicKey: shortKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const { publicKey: curveKey } = generateKeyPairSync("ec", { namedCurve: "secp224r1" });
const shortCurve = curveKey.export({ type: "spki", format: "der" }).toString("base64");
const short = shortKey.export({ type: "spki", format: "der" }).toString("base64");
const stub = pemBlocks(createTestRequest("")).at(0)!.bytes.toString("base64");

testNew(podCertificateRequestKind, [
  ["by key and proof", { spec: keyed }],
  ["by stub", { spec: { ...pod, stubPKCS10Request: stub } }],
  [
    "both",
    { spec: { ...keyed, stubPKCS10Request: stub } },
    "spec: Invalid value: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set",
  ],
  [
    "a stub that is none",
    { spec: { ...pod, stubPKCS10Request: "AAAA" } },
    'spec.stubPKCS10Request: Invalid value: "AAAA": must be a valid PKCS#10 CSR',
  ],
  [
    "another's proof",
    { spec: { ...keyed, podUID: "q" } },
    "spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature",
  ],
  [
    "a short key",
    { spec: { ...keyed, pkixPublicKey: short } },
    'spec.pkixPublicKey: Invalid value: "2048-bit modulus": RSA keys must have modulus size 3072 or 4096',
  ],
  [
    "a short curve",
    { spec: { ...keyed, pkixPublicKey: shortCurve } },
    'spec.pkixPublicKey: Invalid value: "curve P-224": elliptic public keys must use curve P256 or P384',
  ],
  [
    "no pod, annotations without a domain",
    { spec: { ...pod, stubPKCS10Request: stub, podUID: "", unverifiedUserAnnotations: { "": "b", a: "b", "/c": "" } } },
    "spec.unverifiedUserAnnotations: Required value",
    'spec.unverifiedUserAnnotations: Invalid value: "a": must be a domain-prefixed key (such as "acme.io/foo")',
    'spec.unverifiedUserAnnotations: Invalid value: "/c": prefix part must be non-empty',
    'spec.podUID: Invalid value: "": must not be empty',
  ],
  [
    "a signer of Kubernetes, for longer than a day",
    {
      spec: {
        ...pod,
        stubPKCS10Request: stub,
        signerName: "kubernetes.io/kube-apiserver-client-pod",
        maxExpirationSeconds: 86401,
      },
    },
    "spec.maxExpirationSeconds: Invalid value: 86401: must be in the range [3600, 86400]",
  ],
]);

const condition = (type: string) => ({
  ...{ type, status: "True", reason: "Done", message: "", lastTransitionTime: "2030-01-01T00:00:00Z" },
});
const issued = {
  conditions: [condition("Issued")],
  certificateChain: leaf.cert,
  notBefore: "2030-01-01T00:00:00Z",
  notAfter: "2030-01-01T02:00:00Z",
  beginRefreshAt: "2030-01-01T01:00:00Z",
};
const issueRows: [what: string, status: object, before: object, ...errors: string[]][] = [
  ["issued", issued, {}],
  ["denied", { conditions: [condition("Denied")] }, {}],
  [
    "denied with a certificate",
    { ...issued, conditions: [condition("Denied")] },
    {},
    "status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest",
  ],
  [
    "issued and denied",
    { ...issued, conditions: [condition("Issued"), condition("Denied")] },
    {},
    'status.conditions.[1].type: Invalid value: "Denied": There may be at most one condition with type "Issued", "Denied", or "Failed"',
  ],
  [
    "nothing of the three",
    { notBefore: issued.notBefore },
    {},
    'status: Invalid value: status is immutable unless transitioning to "Issued", "Denied", or "Failed"',
  ],
  [
    "once more",
    { ...issued, beginRefreshAt: "2030-01-01T01:01:00Z" },
    issued,
    "status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed",
  ],
  [
    "on another key",
    { ...issued, certificateChain: cert },
    {},
    `status.certificateChain: Invalid value: ${JSON.stringify(cert)}: leaf certificate was not issued to the requested public key`,
  ],
  [
    "without times",
    { conditions: issued.conditions, certificateChain: leaf.cert },
    {},
    "status.notBefore: Required value: must be present and consistent with the issued certificate",
    "status.notAfter: Required value: must be present and consistent with the issued certificate",
    "status.beginRefreshAt: Required value: must be present and in the range [notbefore+10min, notafter-10min]",
  ],
  [
    "with another start",
    { ...issued, notBefore: "2030-01-01T00:00:01Z" },
    {},
    "status.notBefore: Invalid value: 2030-01-01 00:00:01 +0000 UTC: must be set to the NotBefore time encoded in the leaf certificate",
  ],
  [
    "refreshed too late",
    { ...issued, beginRefreshAt: "2030-01-01T01:55:00Z" },
    {},
    "status.beginRefreshAt: Invalid value: 2030-01-01 01:55:00 +0000 UTC: must be at least 10 minutes before status.notAfter",
  ],
];
for (const [what, status, before, ...errors] of issueRows) {
  test(`PodCertificateRequest status: ${what}`, () => {
    const spec = { ...keyed, maxExpirationSeconds: 7200 };
    assert.deepEqual(wrongWithStatus(podCertificateRequestKind, { spec, status }, { spec, status: before }), errors);
  });
}

test("PodCertificateRequest status: a certificate that lasts too long", () => {
  const spec = { ...keyed, maxExpirationSeconds: 3600 };
  assert.deepEqual(wrongWithStatus(podCertificateRequestKind, { spec, status: issued }, { spec }), [
    "status.certificateChain: Invalid value: 2h0m0s: leaf certificate lifetime must be <= spec.maxExpirationSeconds (3600)",
  ]);
});
