import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, suite, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { PodCertificateRequest } from "../../src/api/generated/certificates.k8s.io/v1beta1.ts";
import type { Pod } from "../../src/api/generated/core/v1.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { createPodSigner } from "../support/pod-signer.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";

const SIGNER = "example.com/pods";
const HOUR_MS = 3_600_000;

/** Pods that prove who they are, by certificates of a signer that is no part of Kubernetes. */
suite("pods' identities", { skip: withoutContainers() }, () => {
  let registry: Registry;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  const signer = createPodSigner(systemClock.now());

  before(async () => {
    registry = await startRegistry();
    cluster = await startCluster();
    kubectl = cluster.kubectl;
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
  });

  const requests = async (): Promise<PodCertificateRequest[]> =>
    (await kubectl.get<{ items: PodCertificateRequest[] }>("podcertificaterequests")).items;

  async function sign(request: PodCertificateRequest): Promise<void> {
    const status = signer.issue(request, systemClock.now());
    const words = ["podcertificaterequest", request.metadata?.name ?? "", "--subresource=status", "--type=merge"];
    await kubectl.ok("patch", ...words, "-p", JSON.stringify({ status }));
  }

  function podWith(name: string, keyType: string): Pod {
    const pod = shellPod(name, registry.image("busybox:1"), WAIT_FOREVER);
    const podCertificate = { signerName: SIGNER, keyType, maxExpirationSeconds: 3600, credentialBundlePath: "me.pem" };
    const clusterTrustBundle = { signerName: SIGNER, labelSelector: {}, path: "ca.pem" };
    const volume = { name: "identity", projected: { sources: [{ podCertificate }, { clusterTrustBundle }] } };
    const [container] = pod.spec?.containers ?? [];
    container!.volumeMounts = [{ name: "identity", mountPath: "/identity" }];
    return { ...pod, spec: { ...pod.spec!, volumes: [volume] } };
  }

  const read = (pod: string, file: string): Promise<string> =>
    kubectl.ok("exec", pod, "--", "cat", `/identity/${file}`);

  test("two pods prove to each other who they are", async () => {
    await kubectl.apply(podWith("server", "ECDSAP256"), podWith("client", "ED25519"), {
      apiVersion: "certificates.k8s.io/v1beta1",
      kind: "ClusterTrustBundle",
      metadata: { name: "example.com:pods:roots" },
      spec: { signerName: SIGNER, trustBundle: signer.authority },
    });
    const asked = await eventually("two requests", async () => {
      const found = await requests();
      return found.length === 2 && found;
    });
    assert.deepEqual(
      asked.map(({ spec }) => spec.maxExpirationSeconds),
      [3600, 3600],
    );
    for (const request of asked) await sign(request);
    await kubectl.ok("wait", "pod/server", "pod/client", "--for=condition=Ready", "--timeout=30s");

    const [server, client] = await Promise.all([read("server", "me.pem"), read("client", "me.pem")]);
    const ca = await read("client", "ca.pem");
    assert.equal(ca.replace(/\s/g, ""), signer.authority.replace(/\s/g, ""));
    const life = new X509Certificate(server);
    assert.ok(Date.parse(life.validTo) - systemClock.now() <= HOUR_MS);
    assert.ok(life.checkPrivateKey(createPrivateKey(server)));

    const listening = createServer({ key: server, cert: server, ca, requestCert: true }, (socket) => {
      socket.end(`${(socket.getPeerCertificate().subject as { CN?: string }).CN} ${socket.authorized}`);
    }).listen(0, "127.0.0.1");
    await once(listening, "listening");
    const { port } = listening.address() as AddressInfo;
    const socket: TLSSocket = connect({ port, key: client, cert: client, ca, servername: "server" });
    let heard = "";
    for await (const chunk of socket) heard += chunk;
    assert.deepEqual([heard, socket.authorized], ["client true", true]);
    listening.close();
  });
});
