import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { shellPod } from "../support/objects.ts";

/** Whatever somebody sends: a clear answer, and what is stored stays. It needs no container. */
suite("bad input", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];
  before(async () => {
    cluster = await startCluster({ words: ["--no-node"] });
    kubectl = cluster.kubectl;
    await kubectl.ok("create", "deployment", "web", "--image=web:1");
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  const good = shellPod("bad", "busybox:1", "true");
  const withSpec = (spec: object): object => ({ ...good, spec: { ...good.spec, ...spec } });
  const withContainer = (fields: object): object =>
    withSpec({ containers: [{ ...good.spec!.containers![0], ...fields }] });

  const refused: readonly [string, unknown, RegExp][] = [
    ["an unknown field", withSpec({ nodeNam: "x" }), /strict decoding error: unknown field "spec\.nodeNam"/],
    [
      "a number for a text",
      withSpec({ hostname: 5 }),
      /cannot unmarshal number into Go struct field PodSpec\.spec\.hostname of type string|unable to decode|hostname/,
    ],
    ["no containers", withSpec({ containers: [] }), /spec\.containers: Required value/],
    ["no image", withContainer({ image: "" }), /spec\.containers\[0\]\.image: Required value/],
    [
      "a bad name",
      { ...good, metadata: { name: "Bad_Name" } },
      /metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
    ],
    [
      "a bad restart policy",
      withSpec({ restartPolicy: "Sometimes" }),
      /spec\.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"/,
    ],
    [
      "a bad quantity",
      withContainer({ resources: { requests: { cpu: "a lot" } } }),
      /quantities must match the regular expression/,
    ],
    [
      "a request above its limit",
      withContainer({ resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }),
      /must be less than or equal to cpu limit/,
    ],
    [
      "two containers of one name",
      withSpec({ containers: [good.spec!.containers![0], good.spec!.containers![0]] }),
      /spec\.containers\[1\]\.name: Duplicate value: "main"/,
    ],
    [
      "a mount without volume",
      withContainer({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
      /volumeMounts\[0\]\.name: Not found: "v"/,
    ],
    ["an unknown kind", { ...good, kind: "Pot" }, /no matches for kind "Pot" in version "v1"/],
    ["an unknown group", { ...good, apiVersion: "wherry/v9" }, /no matches for kind "Pod" in version "wherry\/v9"/],
    [
      "another namespace that is not there",
      { ...good, metadata: { name: "x", namespace: "nowhere" } },
      /namespaces "nowhere" not found/,
    ],
    [
      "a priority class that is not there",
      withSpec({ priorityClassName: "top" }),
      /no PriorityClass with name top was found/,
    ],
    ["an account that is not there", withSpec({ serviceAccountName: "nobody" }), /serviceaccount "nobody" not found/],
    [
      "a selector that does not fit",
      deployment({ selector: { matchLabels: { a: "x" } } }),
      /spec\.template\.metadata\.labels: Invalid value: .*`?selector`? does not match template `?labels`?/,
    ],
    [
      "a service port beyond all",
      service({ ports: [{ port: 70000 }] }),
      /spec\.ports\[0\]\.port: Invalid value: 70000: must be between 1 and 65535/,
    ],
    [
      "a node port out of range",
      service({ type: "NodePort", ports: [{ port: 80, nodePort: 80 }] }),
      /provided port is not in the valid range/,
    ],
    [
      "an address out of range",
      service({ clusterIP: "10.1.2.3", ports: [{ port: 80 }] }),
      /failed to allocate IP 10\.1\.2\.3: the provided network does not match the current range/,
    ],
  ];
  for (const [what, object, message] of refused) {
    test(`${what} is refused with the reason`, async () => {
      const result = await kubectl.with({ input: JSON.stringify(object) }, "create", "-f", "-");
      assert.notEqual(result.code, 0, result.stdout);
      assert.match(result.stderr, message);
    });
  }

  test("YAML that is none", async () => {
    const result = await kubectl.with({ input: "a: b: c\n" }, "apply", "-f", "-");
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /error converting YAML to JSON|mapping values are not allowed/);
  });

  test("what may not change", async () => {
    const selector = '{"spec":{"selector":{"matchLabels":{"other":"x"}}}}';
    const result = await kubectl("patch", "deployment", "web", "--type=merge", "-p", selector);
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /field is immutable/);
  });

  test("a patch that is none, and one on something stale", async () => {
    const broken = await kubectl(
      "patch",
      "deployment",
      "web",
      "--type=json",
      "-p",
      '[{"op":"replace","path":"/no/way","value":1}]',
    );
    assert.notEqual(broken.code, 0);
    assert.match(broken.stderr, /The request is invalid: .*\/no\/way/);
    const stale = await kubectl(
      "patch",
      "deployment",
      "web",
      "-p",
      '{"metadata":{"resourceVersion":"1"},"spec":{"replicas":2}}',
    );
    assert.notEqual(stale.code, 0);
    assert.match(stale.stderr, /the object has been modified; please apply your changes to the latest version/);
  });

  test("what is there already, and what is not", async () => {
    const twice = await kubectl("create", "deployment", "web", "--image=web:1");
    assert.match(twice.stderr, /deployments\.apps "web" already exists/);
    const nobody = await kubectl("get", "deployment", "nobody");
    assert.match(nobody.stderr, /Error from server \(NotFound\): deployments\.apps "nobody" not found/);
    const raw = await kubectl("get", "--raw", "/apis/no.such.group/v1");
    assert.match(raw.stderr, /the server could not find the requested resource/);
  });

  test("a request that is too large", async () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "large" },
      data: { a: "x".repeat(4_000_000) },
    };
    const result = await kubectl.with({ input: JSON.stringify(object) }, "create", "-f", "-");
    assert.notEqual(result.code, 0);
    assert.match(result.stderr, /Request entity too large|Too long|must have at most/i);
  });

  test("nothing of it was stored, and what was there is", async () => {
    assert.equal(
      await kubectl.ok("get", "pods,services,configmaps", "-A", "-o", "name", "--field-selector=metadata.name=bad"),
      "",
    );
    assert.equal(await kubectl.ok("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}"), "1");
  });
});

function deployment(spec: object): object {
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "a" }] } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "bad" }, spec: { template, ...spec } };
}

function service(spec: object): object {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "bad" }, spec };
}
