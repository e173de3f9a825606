import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodSpec, ServiceAccount } from "../../api/generated/core/v1.ts";
import { pods, serviceAccounts } from "../../api/generated/resources.ts";
import { admissionBench } from "../testing/admission-bench.ts";
import { serviceAccount } from "./service-account.ts";

const pod = (spec: Partial<PodSpec> = {}, annotations?: Record<string, string>): Pod => ({
  metadata: { name: "web", namespace: "shop", ...(annotations === undefined ? {} : { annotations }) },
  spec: { containers: [{ name: "a" }], ...spec },
});
const account = (name: string, over: Partial<ServiceAccount> = {}): ServiceAccount => ({
  ...over,
  metadata: { name, namespace: "shop", ...over.metadata },
});
const MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

test("a pod gets its account's token where clients look for it", async () => {
  const bench = admissionBench();
  bench.reader.put(serviceAccounts, account("default", { imagePullSecrets: [{ name: "pull" }] }));
  const object = pod({ initContainers: [{ name: "i" }] });
  const { spec } = await bench.run(serviceAccount(bench), { resource: pods, object });
  assert.equal(spec?.serviceAccountName, "default");
  assert.equal(spec?.serviceAccount, "default");
  assert.deepEqual(spec?.imagePullSecrets, [{ name: "pull" }]);
  const [volume] = spec?.volumes ?? [];
  assert.match(volume?.name ?? "", /^kube-api-access-[a-z0-9]{5}$/);
  assert.deepEqual(volume?.projected, {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
    defaultMode: 420,
  });
  const mount = [{ name: volume?.name, readOnly: true, mountPath: MOUNT }];
  assert.deepEqual(spec?.containers[0]?.volumeMounts, mount);
  assert.deepEqual(spec?.initContainers?.[0]?.volumeMounts, mount);
});

test("who wants none gets none", async () => {
  const mounted = { name: "a", volumeMounts: [{ name: "own", mountPath: MOUNT }] };
  const cases: [string, ServiceAccount, Pod, number][] = [
    ["pod says no", account("default"), pod({ automountServiceAccountToken: false }), 0],
    ["account says no", account("default", { automountServiceAccountToken: false }), pod(), 0],
    [
      "pod wins",
      account("default", { automountServiceAccountToken: false }),
      pod({ automountServiceAccountToken: true }),
      1,
    ],
    ["all mount something else there", account("default"), pod({ containers: [mounted] }), 0],
    ["one does not", account("default"), pod({ containers: [mounted, { name: "b" }] }), 1],
    ["the volume is there", account("default"), pod({ volumes: [{ name: "kube-api-access-x" }] }), 1],
  ];
  for (const [name, present, object, volumes] of cases) {
    const bench = admissionBench();
    bench.reader.put(serviceAccounts, present);
    const { spec } = await bench.run(serviceAccount(bench), { resource: pods, object });
    assert.equal((spec?.volumes ?? []).length, volumes, name);
  }
});

test("an unknown account is refused at once, the default one is waited for", async () => {
  const bench = admissionBench();
  const plugin = serviceAccount(bench);
  await assert.rejects(
    bench.run(plugin, { resource: pods, object: pod({ serviceAccountName: "builder" }) }),
    /^StatusError: pods "web" is forbidden: error looking up service account shop\/builder: serviceaccount "builder" not found$/,
  );
  const waiting = bench.run(plugin, { resource: pods, object: pod() });
  await bench.clock.advance(400);
  bench.reader.put(serviceAccounts, account("default"));
  await bench.clock.advance(200);
  assert.equal((await waiting).spec?.serviceAccountName, "default");
  bench.reader.remove(serviceAccounts, "shop", "default");
  const hopeless = bench.run(plugin, { resource: pods, object: pod() });
  const failed = assert.rejects(hopeless, /service account shop\/default/);
  await bench.clock.advance(2000);
  await failed;
});

test("mirror pods have nothing from here", async () => {
  const bench = admissionBench();
  const mirror = { "kubernetes.io/config.mirror": "hash" };
  const plugin = serviceAccount(bench);
  const { spec } = await bench.run(plugin, { resource: pods, object: pod({}, mirror) });
  assert.equal(spec?.serviceAccountName, undefined);
  const named = pod({ serviceAccountName: "x" }, mirror);
  await assert.rejects(
    bench.run(plugin, { resource: pods, object: named }),
    /a mirror pod may not reference service accounts/,
  );
});

test("an account may allow only the Secrets that it lists", async () => {
  const bench = admissionBench();
  const annotations = { "kubernetes.io/enforce-mountable-secrets": "true" };
  bench.reader.put(serviceAccounts, account("default", { metadata: { annotations }, secrets: [{ name: "mine" }] }));
  const run = (spec: Partial<PodSpec>) => bench.run(serviceAccount(bench), { resource: pods, object: pod(spec) });
  await run({ volumes: [{ name: "v", secret: { secretName: "mine" } }] });
  const env = [{ name: "X", valueFrom: { secretKeyRef: { name: "other", key: "k" } } }];
  const cases: [Partial<PodSpec>, RegExp][] = [
    [
      { volumes: [{ name: "v", secret: { secretName: "other" } }] },
      /volume with secret.secretName="other" is not allowed because service account default does not reference that secret/,
    ],
    [
      { containers: [{ name: "a", env }] },
      /Container a with envVar X referencing secret.secretName="other" is not allowed/,
    ],
    [{ imagePullSecrets: [{ name: "other" }] }, /imagePullSecrets\[0\].name="other" is not allowed/],
  ];
  for (const [spec, message] of cases) await assert.rejects(run(spec), message);
});
