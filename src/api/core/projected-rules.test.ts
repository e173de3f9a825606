import assert from "node:assert/strict";
import { test } from "node:test";
import type { Volume, VolumeProjection } from "../generated/core/v1.ts";
import { type PodDraft, podErrors } from "../testing/pod-errors.ts";

/** Rules of volumes that several sources fill, and of names on the way to them. */

const V = "spec.volumes[0]";
const P = `${V}.projected`;
const S = `${P}.sources[0]`;
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const SEARCH =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
const DOUBLE = "conflicting duplicate paths";

const volume = (fields: Partial<Volume>): PodDraft => ({ volumes: [{ name: "v", ...fields }] });
const sources = (...list: VolumeProjection[]): PodDraft => volume({ projected: { sources: list } });
const bundle = (fields: object): PodDraft => sources({ clusterTrustBundle: { path: "p", ...fields } });
const certificate = (fields: object): PodDraft =>
  sources({
    podCertificate: { signerName: "example.com/a", keyType: "ED25519", credentialBundlePath: "c", ...fields },
  });

const cases: readonly [string, PodDraft, readonly string[]][] = [
  [
    "the mode first, then each source with its files",
    volume({
      projected: {
        defaultMode: 0o1000,
        sources: [
          { secret: { name: "s", items: [{ key: "k", path: "p" }] } },
          { downwardAPI: { items: [{ path: "p" }] }, configMap: { name: "" } },
          { serviceAccountToken: { path: "" } },
        ],
      },
    }),
    [
      `${P}.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive`,
      `${P}.sources[1].configMap.name: Required value`,
      `${P}.sources[1].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`,
      `${P}: Invalid value: "p": ${DOUBLE}`,
      `${P}.sources[1]: Forbidden: may not specify more than 1 volume type per source`,
      `${P}.path: Required value`,
    ],
  ],
  [
    "a token over another file",
    sources({ secret: { name: "s", items: [{ key: "k", path: "p" }] } }, { serviceAccountToken: { path: "p" } }),
    [],
  ],
  ["a bundle of a signer", bundle({ name: "example.com:a:b" }), []],
  [
    "a bundle of no signer",
    bundle({ name: ":b" }),
    [
      `${S}.clusterTrustBundle.name: Invalid value: ":b": not a valid clustertrustbundlename: ClusterTrustBundle without signer name must not have ":" in its name`,
    ],
  ],
  [
    "a bundle without a name",
    bundle({ name: "", path: "../p" }),
    [
      `${S}.clusterTrustBundle.name: Required value: must be a valid object name`,
      `${S}.clusterTrustBundle.name: Invalid value: "": not a valid clustertrustbundlename: ${SUBDOMAIN}`,
      `${S}.clusterTrustBundle.path: Invalid value: "../p": must not contain '..'`,
    ],
  ],
  [
    "bundles of a signer without a name",
    bundle({ signerName: "", path: "" }),
    [
      `${S}.clusterTrustBundle.signerName: Required value: must be a valid signer name`,
      `${S}.clusterTrustBundle.signerName: Required value`,
      `${S}.clusterTrustBundle.path: Required value`,
    ],
  ],
  [
    "bundles of a signer that is no path",
    bundle({ signerName: "example.com" }),
    [
      `${S}.clusterTrustBundle.signerName: Invalid value: "example.com": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
    ],
  ],
  [
    "a certificate for too short a time, and what is told to the signer",
    certificate({ maxExpirationSeconds: 60, userAnnotations: { a: "b" } }),
    [
      `${S}.podCertificate.userAnnotations: Invalid value: "a": must be a domain-prefixed key (such as "acme.io/foo")`,
      `${S}.podCertificate.maxExpirationSeconds: Invalid value: 60: if provided, maxExpirationSeconds must be >= 3600`,
    ],
  ],
  [
    "a certificate of Kubernetes for two days",
    certificate({ signerName: "kubernetes.io/a", maxExpirationSeconds: 2 * 86400 }),
    [
      `${S}.podCertificate.maxExpirationSeconds: Invalid value: 172800: if provided, maxExpirationSeconds must be <= 86400`,
    ],
  ],
  [
    "a certificate whose files meet",
    certificate({ keyPath: "/c", certificateChainPath: "c" }),
    [
      `${S}.podCertificate.keyPath: Invalid value: "/c": must be a relative path`,
      `${P}: Invalid value: "c": ${DOUBLE}`,
    ],
  ],
  [
    "reserved options of a flex volume",
    volume({ flexVolume: { driver: "a", options: { "kubernetes.io": "b", "X.K8S.io/a": "b", "k8s.io.b/c": "d" } } }),
    ["kubernetes.io", "X.K8S.io/a"].map(
      (key) =>
        `${V}.flexVolume.options[${key}]: Invalid value: "${key}": kubernetes.io and k8s.io namespaces are reserved`,
    ),
  ],
  [
    "where to search for names",
    { dnsConfig: { searches: [".", "_sip._tcp.a_b.example.com.", "_.", "a._"] } },
    [
      `spec.dnsConfig.searches[2]: Invalid value: "_": ${SEARCH}`,
      `spec.dnsConfig.searches[3]: Invalid value: "a._": ${SEARCH}`,
    ],
  ],
];
for (const [name, draft, expected] of cases) {
  test(`volumes: ${name}`, () => assert.deepEqual(podErrors(draft), expected));
}
