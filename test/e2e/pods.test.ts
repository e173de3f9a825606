import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
import type { Pod } from "../../src/api/generated/core/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { configMap, secret, shellPod, WAIT_FOREVER } from "../support/objects.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import { withoutContainers } from "../support/requirements.ts";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What a pod finds inside, and how it lives and ends. */
suite("pods", { skip: withoutContainers() }, () => {
  let registry: Registry;
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  let shell: string;

  before(async () => {
    registry = await startRegistry();
    cluster = await startCluster();
    kubectl = cluster.kubectl;
    shell = registry.image("busybox:1");
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await registry?.stop();
    await cluster?.remove();
  });

  const inside = (pod: string, script: string): Promise<string> => kubectl.ok("exec", pod, "--", "sh", "-c", script);
  const podOf = (name: string): Promise<Pod> => kubectl.get<Pod>("pod", name);
  const ready = (...names: string[]): Promise<string> =>
    kubectl.ok("wait", ...names.map((name) => `pod/${name}`), "--for=condition=Ready", "--timeout=30s");

  test("cluster DNS and the API server, from inside", async () => {
    await kubectl.apply(
      shellPod("client", registry.image("tools:1"), WAIT_FOREVER),
      webPod("web", registry.image("web:1")),
      service("web", { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] }),
      service("headless", { clusterIP: "None", selector: { app: "web" }, ports: [{ name: "http", port: 80 }] }),
    );
    await ready("client", "web");
    const { status } = await podOf("web");
    const { stdout: resolv } = await kubectl("exec", "client", "--", "cat", "/etc/resolv.conf");
    assert.match(resolv, /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/m);
    assert.match(resolv, /^nameserver 10\.96\.0\.10$/m);
    assert.match(resolv, /^options ndots:5$/m);
    assert.match(await inside("client", "nslookup kubernetes.default.svc.cluster.local"), /Address: 10\.96\.0\.1$/m);
    const headless = await inside("client", "nslookup headless.default.svc.cluster.local");
    assert.match(headless, new RegExp(`Address: ${status?.podIP}$`, "m"));
    const records = await inside("client", "nslookup -type=srv _http._tcp.headless.default.svc.cluster.local");
    assert.match(records, /service = 0 \d+ 80 \S+\.headless\.default\.svc\.cluster\.local/);
    const page = await eventually("the page by the Service's name", () =>
      inside("client", "curl -sS --max-time 3 web"),
    );
    assert.equal(page, "version 1 from web\n");
  });

  test("a pod reaches itself through its own Service", async () => {
    await kubectl.ok("label", "pod", "client", "app=self");
    await kubectl.apply(service("self", { selector: { app: "self" }, ports: [{ port: 80, targetPort: 8080 }] }));
    await inside("client", "echo me > /var/www/index.html; httpd -p 8080 -h /var/www");
    const page = await eventually("itself", () => inside("client", "curl -sSf --max-time 2 http://self"));
    assert.equal(page, "me\n");
  });

  test("the projected token authenticates, and may only what its roles allow", async () => {
    const call = (path: string): Promise<string> =>
      inside(
        "client",
        `curl -sS --max-time 5 --cacert ${ACCOUNT}/ca.crt -H "Authorization: Bearer $(cat ${ACCOUNT}/token)" ` +
          `https://kubernetes.default.svc${path}`,
      );
    assert.equal(await call("/readyz"), "ok");
    const refused = JSON.parse(await call("/api/v1/namespaces/default/pods")) as { message: string; code: number };
    assert.equal(refused.code, 403);
    assert.match(refused.message, /"system:serviceaccount:default:default" cannot list resource "pods"/);
    await kubectl.ok("create", "rolebinding", "look", "--clusterrole=view", "--serviceaccount=default:default");
    const list = JSON.parse(await call("/api/v1/namespaces/default/pods")) as { kind: string };
    assert.equal(list.kind, "PodList");
    assert.equal(await inside("client", `cat ${ACCOUNT}/namespace`), "default");
  });

  test("environment from literals, fields, ConfigMap and Secret", async () => {
    const container = {
      env: [
        { name: "LITERAL", value: "one" },
        { name: "COMPOSED", value: "$(LITERAL)-two $$(LITERAL)" },
        { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1m" } } },
        { name: "COLOUR", valueFrom: { configMapKeyRef: { name: "settings", key: "colour" } } },
        { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "hidden", key: "password" } } },
        { name: "ABSENT", valueFrom: { configMapKeyRef: { name: "settings", key: "no", optional: true } } },
      ],
      envFrom: [{ prefix: "ALL_", configMapRef: { name: "settings" } }],
      resources: { limits: { cpu: "250m", memory: "64Mi" } },
    };
    await kubectl.apply(
      configMap("settings", { colour: "red", shape: "round" }),
      secret("hidden", { password: "p w" }),
      shellPod("variables", shell, WAIT_FOREVER, { container }),
    );
    await ready("variables");
    const lines = new Set((await inside("variables", "env")).split("\n"));
    const { podIP } = (await podOf("variables")).status!;
    const wanted = [
      "LITERAL=one",
      "COMPOSED=one-two $(LITERAL)",
      "NAME=variables",
      `ADDRESS=${podIP}`,
      "CPU=250",
      "COLOUR=red",
      "PASSWORD=p w",
      "ALL_shape=round",
      "KUBERNETES_SERVICE_HOST=10.96.0.1",
    ];
    for (const line of wanted) assert.ok(lines.has(line), `${line} is not among ${[...lines].join(" | ")}`);
    assert.equal(
      [...lines].some((line) => line.startsWith("ABSENT=")),
      false,
    );
  });

  test("volumes: emptyDir, configMap, secret, projected, downwardAPI, hostPath", async () => {
    const mounts = ["empty", "memory", "config", "hidden", "projected", "host"];
    const spec = {
      volumes: [
        { name: "empty", emptyDir: {} },
        { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        { name: "config", configMap: { name: "files", items: [{ key: "a", path: "deep/a.txt", mode: 0o400 }] } },
        { name: "hidden", secret: { secretName: "hidden-files", defaultMode: 0o440 } },
        {
          name: "projected",
          projected: {
            sources: [
              { configMap: { name: "files" } },
              { serviceAccountToken: { path: "token", audience: "elsewhere", expirationSeconds: 3600 } },
              { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
            ],
          },
        },
        { name: "host", hostPath: { path: cluster.dataDirectory, type: "Directory" } },
      ],
    };
    const container = {
      volumeMounts: mounts.map((name) => ({ name, mountPath: `/v/${name}`, readOnly: name === "host" })),
    };
    await kubectl.apply(
      configMap("files", { a: "first" }),
      secret("hidden-files", { key: "s3cret" }),
      shellPod("volumes", shell, WAIT_FOREVER, { container, spec, labels: { app: "volumes" } }),
    );
    await ready("volumes");
    assert.equal(await inside("volumes", "cat /v/config/deep/a.txt /v/hidden/key /v/projected/a"), "firsts3cretfirst");
    assert.equal(await inside("volumes", "stat -L -c %a /v/config/deep/a.txt /v/hidden/key"), "400\n440\n");
    assert.match(await inside("volumes", "cat /v/projected/labels"), /app="volumes"/);
    assert.match(await inside("volumes", "mount | grep ' /v/memory '"), /^tmpfs .*rw/);
    assert.equal(await inside("volumes", "echo x > /v/empty/file && cat /v/empty/file"), "x\n");
    assert.notEqual((await kubectl("exec", "volumes", "--", "sh", "-c", "echo x > /v/host/file")).code, 0);
    const claims = JSON.parse(
      Buffer.from((await inside("volumes", "cat /v/projected/token")).split(".")[1]!, "base64url").toString(),
    ) as { aud: string[]; sub: string };
    assert.deepEqual([claims.aud, claims.sub], [["elsewhere"], "system:serviceaccount:default:default"]);
  });

  test("an image as a volume: whole and in part, read-only, fetched by itself", async () => {
    const reference = registry.image("web:2");
    const volumeMounts = [
      { name: "site", mountPath: "/site" },
      { name: "site", mountPath: "/part", subPath: "etc/nginx" },
    ];
    const spec = (image: string) => ({ volumes: [{ name: "site", image: { reference: image } }] });
    await kubectl.apply(
      shellPod("image-volume", shell, WAIT_FOREVER, { container: { volumeMounts }, spec: spec(reference) }),
      shellPod("no-path", shell, WAIT_FOREVER, {
        container: { volumeMounts: [{ name: "site", mountPath: "/part", subPath: "no/such" }] },
        spec: spec(reference),
      }),
      shellPod("no-image", shell, WAIT_FOREVER, {
        container: { volumeMounts: [{ name: "site", mountPath: "/site" }] },
        spec: spec(registry.image("missing:1")),
      }),
    );
    await ready("image-volume");
    assert.match(await inside("image-volume", "cat /part/nginx.conf"), /daemon off/);
    // One file of the lowest layer, and one of the highest.
    assert.match(await inside("image-volume", "cat /site/etc/passwd /site/etc/nginx/nginx.conf"), /root:.*daemon off/s);
    assert.match((await kubectl("exec", "image-volume", "--", "touch", "/site/new")).stderr, /Read-only file system/);
    const waiting = async (pod: string) => (await podOf(pod)).status?.containerStatuses?.[0]?.state?.waiting;
    const refused = await eventually("the path to be missed", async () => {
      const state = await waiting("no-path");
      assert.equal(state?.reason, "CreateContainerError");
      return state?.message ?? "";
    });
    assert.match(refused, /ImageVolumeMountFailed: .*no\/such/);
    await eventually("the image to be missed", async () =>
      /^(ErrImagePull|ImagePullBackOff)$/.test((await waiting("no-image"))?.reason ?? ""),
    );
    await kubectl.ok("delete", "pod", "image-volume", "no-path", "no-image", "--timeout=30s");
    const left = await readdir(join(cluster.dataDirectory, "containerd", "image-volumes"));
    assert.deepEqual(left, []);
  });

  test("RuntimeClasses: the handler runs the pod, one that the runtime does not know is told of, overhead and nodes are given", async () => {
    const runtimeClass = (name: string, handler: string, more: object = {}) => ({
      ...{ apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name }, handler, ...more },
    });
    const scheduling = { nodeSelector: { "kubernetes.io/os": "linux" } };
    const pod = (name: string) =>
      shellPod(name, shell, WAIT_FOREVER, { spec: { runtimeClassName: name.replace("by-", "") } });
    await kubectl.apply(
      runtimeClass("known", "runc", { scheduling, overhead: { podFixed: { cpu: "10m", memory: "1Mi" } } }),
      runtimeClass("unknown", "no-such-runtime"),
      pod("by-known"),
      pod("by-unknown"),
    );
    await ready("by-known");
    const { spec } = await podOf("by-known");
    assert.deepEqual([spec?.overhead, spec?.nodeSelector], [{ cpu: "10m", memory: "1Mi" }, scheduling.nodeSelector]);
    const failed = await eventually("the handler to be missed", async () => {
      const words = ["--field-selector=involvedObject.name=by-unknown,reason=FailedCreatePodSandBox", "-o", "name"];
      const [event] = (await kubectl.ok("get", "events", ...words)).split("\n");
      return event !== "" && kubectl.ok("get", event!, "-o", "jsonpath={.message}");
    });
    assert.match(failed, /^Failed to create pod sandbox: rpc error: .*no runtime for "no-such-runtime" is configured/);
    const handlers = await kubectl.ok("get", "nodes", "-o", "jsonpath={.items[0].status.runtimeHandlers[*].name}");
    assert.match(handlers, /\brunc\b/);
    await kubectl.ok("delete", "pod", "by-known", "by-unknown", "--timeout=30s");
  });

  test("AppArmor: a profile is applied where the kernel enforces them, and the pod refused where not", async () => {
    const spec = { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } };
    await kubectl.apply(shellPod("armoured", shell, WAIT_FOREVER, { spec }));
    if (isAppArmorEnforced()) {
      await ready("armoured");
      assert.match(await inside("armoured", "cat /proc/self/attr/current"), /\(enforce\)/);
    } else {
      const refused = await eventually("the pod to be refused", async () => {
        const { status } = await podOf("armoured");
        return status?.phase === "Failed" && status;
      });
      const message = "Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host";
      assert.deepEqual([refused.reason, refused.message], ["AppArmor", message]);
    }
    await kubectl.ok("delete", "pod", "armoured", "--timeout=30s");
  });

  test("a changed ConfigMap reaches the files of a running pod", async () => {
    await kubectl.apply(configMap("files", { a: "second" }));
    await kubectl.ok("annotate", "pod", "volumes", "look=again");
    const changed = async (): Promise<boolean> => (await inside("volumes", "cat /v/projected/a")) === "second";
    await eventually("the new text", changed, { timeoutMs: 90_000 });
  });
});

function isAppArmorEnforced(): boolean {
  try {
    return readFileSync("/sys/module/apparmor/parameters/enabled", "utf8").startsWith("Y");
  } catch {
    return false;
  }
}

function webPod(name: string, image: string): object {
  const spec = { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name } }, spec };
}

function service(name: string, spec: object): object {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec };
}
