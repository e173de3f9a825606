import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { afterEach, test } from "node:test";
import type { PodCertificateRequest } from "../../src/api/generated/certificates.k8s.io/v1beta1.ts";
import type { PodCertificateProjection } from "../../src/api/generated/core/v1.ts";
import { clusterTrustBundles, podCertificateRequests } from "../../src/api/generated/resources.ts";
import { formatTime } from "../../src/base/clock.ts";
import type { Payload } from "../../src/kubelet/volumes/files.ts";
import { noFiles } from "../../src/kubelet/volumes/no-files.ts";
import { createPodSigner } from "../support/pod-signer.ts";
import { isReady, isWaiting, main, NODE, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const HOUR_MS = 3_600_000;

/** What is written into volumes, by the volume's name. */
function keptFiles() {
  const written = new Map<string, Payload>();
  const files = {
    ...noFiles,
    keepsNothing: false,
    writePayload: async (directory: string, payload: Payload) =>
      void written.set(directory.slice(directory.lastIndexOf("/") + 1), payload),
  };
  const read = (volume: string, path: string) => written.get(volume)?.get(path)?.content.toString() ?? "";
  return { files, read };
}

const projected = (podCertificate: Partial<PodCertificateProjection>) => [
  {
    name: "identity",
    projected: {
      sources: [{ podCertificate: { signerName: "example.com/pods", keyType: "ECDSAP256", ...podCertificate } }],
    },
  },
];

const requests = async (): Promise<PodCertificateRequest[]> =>
  (await world.client.list(podCertificateRequests, { namespace: "default" })).items;

async function decide(request: PodCertificateRequest, status: PodCertificateRequest["status"]): Promise<void> {
  await world.client.update(podCertificateRequests, { ...request, status: { ...status } }, { subresource: "status" });
}

/** Answers the chain that was issued. */
async function issue(request: PodCertificateRequest): Promise<string> {
  const status = createPodSigner(world.clock.now()).issue(request, world.clock.now());
  // What is no certificate is for people, and not for pods.
  await decide(request, { ...status, certificateChain: `a note\n${status.certificateChain}` });
  return status.certificateChain ?? "";
}

/** Moves time on until there are that many requests, and answers the newest. */
async function requested(count: number): Promise<PodCertificateRequest> {
  for (let step = 0; step < 100; step++) {
    const found = await requests();
    const open = found.filter(({ status }) => (status?.conditions ?? []).length === 0);
    if (found.length === count && open.length === 1) return open[0]!;
    await world.clock.advance(100);
  }
  throw new Error(`there are not ${count} requests: ${JSON.stringify(await requests())}`);
}

test("a pod waits for its certificate, runs as soon as it is issued, and gets another in time", async () => {
  const { files, read } = keptFiles();
  world = await startWorld({ files });
  const paths = { credentialBundlePath: "bundle.pem", keyPath: "key.pem", certificateChainPath: "chain.pem" };
  await world.create("web", {
    volumes: projected({ ...paths, maxExpirationSeconds: 7200, userAnnotations: { "example.com/for": "web" } }),
  });
  const request = await requested(1);
  const pod = await world.until("web", isWaiting("ContainerCreating"));
  const { stubPKCS10Request, podUID, nodeName, nodeUID, serviceAccountName, serviceAccountUID, ...spec } = request.spec;
  assert.deepEqual([podUID, nodeName, serviceAccountName], [pod.metadata?.uid, NODE, "default"]);
  assert.ok(stubPKCS10Request.length > 0 && (nodeUID ?? "") !== "" && serviceAccountUID !== "");
  assert.deepEqual(spec, {
    signerName: "example.com/pods",
    podName: "web",
    maxExpirationSeconds: 7200,
    unverifiedUserAnnotations: { "example.com/for": "web" },
  });
  assert.equal(request.metadata?.ownerReferences?.[0]?.uid, pod.metadata?.uid);
  assert.ok(
    (await world.events("web")).includes(
      'Warning FailedMount: MountVolume.SetUp failed for volume "identity" : credential bundle is not issued yet',
    ),
  );

  const first = await issue(request);
  await world.until("web", isReady, 5000);
  const key = read("identity", "key.pem");
  assert.match(key, /^-----BEGIN PRIVATE KEY-----/);
  assert.equal(read("identity", "chain.pem"), first);
  assert.equal(read("identity", "bundle.pem"), key + first);
  assert.ok(new X509Certificate(first).checkPrivateKey(createPrivateKey(key)));

  await world.clock.advance(HOUR_MS + 6 * 60_000);
  const second = await issue(await requested(2));
  await world.clock.advance(70_000);
  assert.equal(read("identity", "chain.pem"), second);
  assert.notEqual(read("identity", "key.pem"), key);
});

test("a renewal that takes too long is told of, and so is an expired certificate", async () => {
  world = await startWorld(keptFiles());
  await world.create("web", { volumes: projected({ keyPath: "k", maxExpirationSeconds: 7200 }) });
  await issue(await requested(1));
  await world.until("web", isReady, 5000);
  await world.clock.advance(HOUR_MS + 6 * 60_000);
  await requested(2);
  for (let minute = 0; minute < 7; minute++) await world.clock.advance(60_000);
  const overdue = "Warning CertificateOverdueForRefresh: PodCertificate refresh overdue";
  assert.ok((await world.events("web")).includes(overdue));
  for (let minute = 0; minute < 50; minute++) await world.clock.advance(60_000);
  assert.ok((await world.events("web")).includes("Warning CertificateExpired: PodCertificate expired"));
});

test("a signer that says no is final", async () => {
  world = await startWorld(keptFiles());
  await world.create("web", { volumes: projected({ keyPath: "k" }) });
  const request = await requested(1);
  const lastTransitionTime = formatTime(world.clock.now());
  await decide(request, {
    conditions: [{ type: "Denied", status: "True", reason: "UnsupportedKeyType", message: "no", lastTransitionTime }],
  });
  await world.clock.advance(30_000);
  const events = await world.events("web");
  const name = `default/${request.metadata?.name}`;
  assert.ok(
    events.includes(
      `Warning Denied: PodCertificateRequest ${name} was denied, reason="UnsupportedKeyType", message="no"`,
    ),
  );
  assert.ok(
    events.includes(
      'Warning FailedMount: MountVolume.SetUp failed for volume "identity" : PodCertificateRequest was permanently denied: reason="UnsupportedKeyType" message="no"',
    ),
  );
  assert.equal((await requests()).length, 1);
});

test("a request that somebody deletes is made again, and that of a pod that is gone is not", async () => {
  world = await startWorld(keptFiles());
  await world.create("web", { volumes: projected({ keyPath: "k" }) });
  const { metadata, spec } = await requested(1);
  assert.equal(spec.maxExpirationSeconds, 86_400, "a day, where the pod does not say");
  await world.client.delete(podCertificateRequests, { namespace: "default", name: metadata?.name ?? "" });
  await world.clock.advance(1000);
  const again = await requested(1);
  assert.notEqual(again.metadata?.name, metadata?.name);
  await world.remove("web");
  await world.until("web", (pod) => pod === undefined);
  await world.client.delete(podCertificateRequests, { namespace: "default", name: again.metadata?.name ?? "" });
  await world.clock.advance(120_000);
  assert.deepEqual(await requests(), []);
});

test("whom pods may trust lies in their volumes and follows the bundle", async () => {
  const { files, read } = keptFiles();
  world = await startWorld({ files });
  const metadata = { name: "roots" };
  const certificate = createPodSigner(world.clock.now()).authority;
  const source = { name: "roots", path: "ca.pem" };
  await world.create("web", {
    volumes: [{ name: "trust", projected: { sources: [{ clusterTrustBundle: source }] } }],
    containers: [{ ...main, volumeMounts: [{ name: "trust", mountPath: "/trust" }] }],
  });
  await world.until("web", isWaiting("ContainerCreating"));
  await world.client.create(clusterTrustBundles, { metadata, spec: { trustBundle: certificate } });
  await world.until("web", isReady);
  assert.equal(read("trust", "ca.pem"), certificate);
});

test("a pod takes as many bundles as it likes, in as many volumes", async () => {
  const { files, read } = keptFiles();
  world = await startWorld({ files });
  const numbers = Array.from({ length: 120 }, (_, index) => index);
  const trustBundle = createPodSigner(world.clock.now()).authority;
  for (const number of numbers) {
    const metadata = { name: `roots-${number}` };
    await world.client.create(clusterTrustBundles, { metadata, spec: { trustBundle } });
  }
  const sources = numbers.map((number) => ({ clusterTrustBundle: { name: `roots-${number}`, path: `${number}.pem` } }));
  await world.create("web", {
    volumes: [
      { name: "all", projected: { sources } },
      { name: "one", projected: { sources: sources.slice(0, 1) } },
    ],
  });
  await world.until("web", isReady);
  assert.ok(numbers.every((number) => read("all", `${number}.pem`) === trustBundle));
  assert.equal(read("one", "0.pem"), trustBundle);
});

test("a certificate lives for an hour at least and 91 days at most", async () => {
  world = await startWorld(keptFiles());
  const refusals = [
    [3599, "3599: if provided, maxExpirationSeconds must be >= 3600"],
    [91 * 86_400 + 1, "7862401: if provided, maxExpirationSeconds must be <= 7862400"],
  ] as const;
  for (const [maxExpirationSeconds, message] of refusals) {
    const created = world.create("web", { volumes: projected({ keyPath: "k", maxExpirationSeconds }) });
    await assert.rejects(created, new RegExp(`maxExpirationSeconds: Invalid value: ${message}`));
  }
});
