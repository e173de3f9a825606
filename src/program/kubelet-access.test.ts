import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { GIT_VERSION } from "../api/version.ts";
import { createTestAuthority } from "../base/testing/certificates.ts";
import { kubeletTls } from "./kubelet-access.ts";

test("kubelets of others are shown the certificate that was given for them, Wherry's own the cluster's", () => {
  const [cluster, others] = [createTestAuthority("cluster"), createTestAuthority("others")];
  const pairOf = (authority: typeof cluster) => {
    const { cert: certificate, key } = authority.issue("kube-apiserver-kubelet-client");
    return { certificate, key, leaf: new X509Certificate(certificate) };
  };
  const trusted = { cluster: cluster.ca, frontProxy: "" };
  const pki = { apiServerKubeletClient: pairOf(cluster), trusted };
  const given = { kubeletClient: pairOf(others), kubeletAuthority: others.ca };
  const shown = (of: typeof given | object, version?: string) => kubeletTls(pki, of, version).cert;
  assert.equal(shown(given, "v1.36.0"), given.kubeletClient.certificate);
  assert.equal(shown(given), given.kubeletClient.certificate);
  assert.equal(shown(given, GIT_VERSION), pki.apiServerKubeletClient.certificate);
  assert.equal(shown({}, "v1.36.0"), pki.apiServerKubeletClient.certificate);
  assert.equal(kubeletTls(pki, given).ca, cluster.ca + others.ca);
  assert.equal(kubeletTls(pki, {}).ca, cluster.ca);
});
