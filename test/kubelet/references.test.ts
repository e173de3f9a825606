import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { ConfigMap, Secret } from "../../src/api/generated/core/v1.ts";
import { configMaps, leases, secrets } from "../../src/api/generated/resources.ts";
import type { ContainerConfig } from "../../src/kubelet/cri/config.ts";
import { hasPhase, isReady, isWaiting, main, NODE, startWorld, type World } from "./world.ts";

let world: World;
afterEach(() => world.close());

const configMap = (name: string, data: Record<string, string>): ConfigMap => ({
  metadata: { name, namespace: "default" },
  data,
});
const secret = (name: string, data: Record<string, string>): Secret => ({
  metadata: { name, namespace: "default" },
  data,
});

test("the environment comes from literals, fields, ConfigMaps and Secrets", async () => {
  const seen: ContainerConfig[] = [];
  const behave = (config: ContainerConfig) => {
    seen.push(config);
    return {};
  };
  world = await startWorld({ rules: { behave } });
  await world.client.create(configMaps, configMap("cm", { a: "1" }));
  const password = Buffer.from("hush").toString("base64");
  await world.client.create(secrets, secret("sec", { pw: password }));
  const env = [
    { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "GREETING", value: "hello $(NAME) $$(NAME) $(NOBODY)" },
    { name: "A", valueFrom: { configMapKeyRef: { name: "cm", key: "a" } } },
    { name: "PW", valueFrom: { secretKeyRef: { name: "sec", key: "pw" } } },
    { name: "NONE", valueFrom: { configMapKeyRef: { name: "cm", key: "zz", optional: true } } },
  ];
  await world.create("env", { containers: [{ ...main, env, args: ["$(GREETING)"] }] });
  await world.until("env", isReady);
  const envs = Object.fromEntries(seen[0]!.envs.map(({ key, value }) => [key, value]));
  assert.deepEqual(envs, { NAME: "env", GREETING: "hello env $(NAME) $(NOBODY)", A: "1", PW: "hush" });
  assert.deepEqual(seen[0]!.args, ["hello env $(NAME) $(NOBODY)"]);
});

test("a pod waits for a ConfigMap that its environment needs", async () => {
  world = await startWorld();
  await world.create("early", { containers: [{ ...main, envFrom: [{ configMapRef: { name: "late" } }] }] });
  const pod = await world.until("early", isWaiting("CreateContainerConfigError"));
  assert.equal(pod.status?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "late" not found');
  assert.ok((await world.events("early")).includes('Warning Failed: Error: configmap "late" not found'));
  await world.client.create(configMaps, configMap("late", {}));
  await world.until("early", isReady, 20_000);
});

test("a pod waits for a volume that cannot be mounted yet", async () => {
  world = await startWorld();
  const volumes = [{ name: "v", secret: { secretName: "late" } }];
  const containers = [{ ...main, volumeMounts: [{ name: "v", mountPath: "/v" }] }];
  await world.create("early", { volumes, containers });
  await world.clock.advance(3000);
  assert.ok(
    (await world.events("early")).includes(
      'Warning FailedMount: MountVolume.SetUp failed for volume "v" : secret "late" not found',
    ),
  );
  assert.equal((await world.until("early", () => true)).status?.phase, "Pending");
  await world.client.create(secrets, secret("late", {}));
  await world.until("early", hasPhase("Running"), 20_000);
});

test("the node's lease is renewed every ten seconds, or up to 4% later", async () => {
  world = await startWorld();
  const lease = () => world.client.get(leases, { namespace: "kube-node-lease", name: NODE });
  const renewed = async () => (await lease()).spec;
  await world.clock.advance(1000);
  const first = await renewed();
  const { metadata: made } = await lease();
  assert.equal(first?.leaseDurationSeconds, 40);
  assert.equal(first?.holderIdentity, NODE);
  await world.clock.advance(10_400);
  const second = await renewed();
  const tookMs = Date.parse(second!.renewTime!) - Date.parse(first!.renewTime!);
  assert.ok(tookMs >= 10_000 && tookMs <= 10_400, `${tookMs} ms`);
  const { metadata } = await lease();
  assert.deepEqual([metadata?.uid, metadata?.ownerReferences], [made?.uid, made?.ownerReferences]);
  assert.deepEqual(
    metadata?.managedFields?.map(({ fieldsV1 }) => fieldsV1),
    made?.managedFields?.map(({ fieldsV1 }) => fieldsV1),
  );
});
