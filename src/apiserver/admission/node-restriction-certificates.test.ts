import assert from "node:assert/strict";
import { generateKeyPairSync, sign as signature } from "node:crypto";
import { test } from "node:test";
import type { PodCertificateRequestSpec } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import {
  certificateSigningRequests,
  nodes,
  podCertificateRequests,
  pods,
  serviceAccounts,
} from "../../api/generated/resources.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import type { StatusError } from "../../api/status.ts";
import { bitString, explicit, integer, objectIdentifier, sequence, set, utf8String } from "../../base/der.ts";
import { admissionBench } from "../testing/admission-bench.ts";
import { boat, podOnBoat } from "../testing/boat.ts";
import { nodeRestriction } from "./node-restriction.ts";

function signingRequest(commonName: string): string {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = sequence(
    integer(Buffer.from([0])),
    sequence(set(sequence(objectIdentifier("2.5.4.3"), utf8String(commonName)))),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(0),
  );
  const algorithm = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
  const request = sequence(body, algorithm, bitString(signature("sha256", body, privateKey)));
  return `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
}

test("certificates", async () => {
  const spec = (over: Partial<PodCertificateRequestSpec> = {}): PodCertificateRequestSpec => ({
    signerName: "example.com/web",
    podName: "web",
    podUID: "pod-1",
    serviceAccountName: "seller",
    serviceAccountUID: "account-1",
    nodeName: "boat",
    nodeUID: "node-1",
    stubPKCS10Request: "",
    ...over,
  });
  const ask = async (over: Partial<PodCertificateRequestSpec> = {}, isMirror = false): Promise<void> => {
    const bench = admissionBench();
    bench.reader.put(nodes, { metadata: { name: "boat", uid: "node-1" } });
    const annotations: Record<string, string> = isMirror ? { "kubernetes.io/config.mirror": "hash" } : {};
    const account = { serviceAccountName: "seller" };
    bench.reader.put(pods, podOnBoat({ name: "web", namespace: "shop", uid: "pod-1", annotations }, account));
    bench.reader.put(pods, podOnBoat({ name: "far", namespace: "shop", uid: "pod-2" }, { nodeName: "raft" }));
    bench.reader.put(serviceAccounts, { metadata: { name: "seller", namespace: "shop", uid: "account-1" } });
    const object = { metadata: { name: "x", namespace: "shop" }, spec: spec(over) };
    const resource = podCertificateRequests as ResourceReference<ApiObject>;
    await bench.run(nodeRestriction(bench), { user: boat, resource, object: object as ApiObject });
  };
  const refusals: [Partial<PodCertificateRequestSpec>, number, RegExp][] = [
    [{ nodeName: "raft" }, 403, /NodeName="raft", which is not the requesting node "boat"/],
    [{ nodeUID: "node-0" }, 500, /names node UID "node-0", inconsistent with the running node \("node-1"\)/],
    [
      { podName: "gone" },
      500,
      /while retrieving pod "shop\/gone" named in the PodCertificateRequest: pod "gone" not found/,
    ],
    [{ podUID: "pod-0" }, 500, /contains pod UID \("pod-0"\) which differs from running pod "pod-1"/],
    [{ podName: "far", podUID: "pod-2" }, 403, /pod "shop\/far" is not running on node "boat"/],
    [{ serviceAccountName: "buyer" }, 403, /contains serviceAccountName \("buyer"\) that differs from running pod/],
    [{ serviceAccountUID: "account-0" }, 500, /names service account UID "account-0", which differs/],
  ];
  await ask();
  for (const [over, code, message] of refusals) {
    await assert.rejects(ask(over), (error: StatusError) => {
      assert.match(error.message, message);
      assert.equal(error.code, code, error.message);
      return true;
    });
  }
  await assert.rejects(ask({}, true), /pod "shop\/web" is a mirror pod/);
});

test("a node's signing request is in its own name", async () => {
  const request = signingRequest("system:node:boat");
  const sign = (signerName: string, user: string): Promise<ApiObject> => {
    const bench = admissionBench();
    const pem = Buffer.from(request).toString("base64");
    const object = { metadata: { name: "x" }, spec: { signerName, request: pem } } as ApiObject;
    const resource = certificateSigningRequests as ResourceReference<ApiObject>;
    const by = { name: `system:node:${user}`, groups: ["system:nodes"] };
    return bench.run(nodeRestriction(bench), { user: by, resource, object });
  };
  await sign("kubernetes.io/kubelet-serving", "boat");
  await sign("example.com/other", "raft");
  for (const signer of ["kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet"]) {
    await assert.rejects(sign(signer, "raft"), /can only create a node CSR with CN=system:node:raft/);
  }
});
