import assert from "node:assert/strict";
import { after, afterEach, before, suite, test } from "node:test";
import type { Role } from "../../src/api/generated/rbac.authorization.k8s.io/v1.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { assertQuietLog } from "../support/quiet-log.ts";
import { refused } from "../support/refused.ts";

const RBAC = "rbac.authorization.k8s.io";

/** Who may do what, as kubectl asks and changes it. */
suite("kubectl and who may do what", () => {
  let cluster: Cluster;
  let kubectl: Cluster["kubectl"];

  before(async () => {
    cluster = await startCluster({ words: ["--no-node"] });
    kubectl = cluster.kubectl;
    await kubectl.ok("create", "serviceaccount", "robot");
    await kubectl.ok("create", "role", "reader", "--verb=get,list", "--resource=pods,deployments.apps");
    await kubectl.ok("create", "rolebinding", "reads", "--role=reader", "--serviceaccount=default:robot");
  });
  afterEach((context) => cluster.tell(context));
  after(() => cluster?.remove());

  test("auth whoami", async () => {
    assert.match(await kubectl.ok("auth", "whoami"), /^Username +kubernetes-admin$/m);
    const jane = await kubectl.ok("auth", "whoami", "--as=jane", "--as-group=dev", "-o", "jsonpath={.status.userInfo}");
    assert.deepEqual(JSON.parse(jane), { groups: ["dev", "system:authenticated"], username: "jane" });
  });

  test("auth can-i", async () => {
    const robot = "--as=system:serviceaccount:default:robot";
    const can = (...words: string[]) => kubectl("auth", "can-i", ...words);
    assert.equal((await can("create", "pods")).stdout, "yes\n");
    assert.equal((await can("list", "pods", robot)).stdout, "yes\n");
    const no = await can("delete", "pods", robot);
    assert.deepEqual([no.stdout, no.code], ["no\n", 1]);
    assert.equal((await can("get", "/healthz", "--as=jane")).stdout, "yes\n");
    assert.equal((await can("list", "pods", "-n", "kube-system", robot)).stdout, "no\n");
    const list = (await can("--list", robot)).stdout;
    assert.match(list, /^deployments\.apps +\[\] +\[\] +\[get list\]$/m);
  });

  test("what is forbidden is told in upstream's words", async () => {
    assert.equal(
      await refused(kubectl("get", "secrets", "--as=jane")),
      'Error from server (Forbidden): secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
    assert.match(
      await refused(kubectl("delete", "namespace", "default", "--as=jane")),
      /namespaces "default" is forbidden: User "jane" cannot delete resource "namespaces" in API group "" in the namespace "default"$/,
    );
    const token = (await kubectl.ok("create", "token", "robot", "--duration=20m")).trim();
    const server = await kubectl.ok("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}");
    const asRobot = ["--kubeconfig=/dev/null", `--server=${server}`, "--insecure-skip-tls-verify", `--token=${token}`];
    assert.equal((await kubectl("get", "pods", ...asRobot)).stderr, "No resources found in default namespace.\n");
    assert.match(
      await refused(kubectl("get", "nodes", ...asRobot)),
      /User "system:serviceaccount:default:robot" cannot list/,
    );
  });

  test("auth reconcile", async () => {
    const metadata = { name: "made", namespace: "default" };
    const role = (verb: string): object => ({
      apiVersion: `${RBAC}/v1`,
      kind: "Role",
      metadata,
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: [verb] }],
    });
    const binding = {
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata,
      subjects: [{ kind: "User", name: "z", apiGroup: RBAC }],
      roleRef: { kind: "Role", name: "made", apiGroup: RBAC },
    };
    const reconcile = (objects: readonly object[], ...words: string[]) => {
      const input = objects.map((each) => JSON.stringify(each)).join("\n---\n");
      return kubectl.with({ input }, "auth", "reconcile", "-f", "-", ...words);
    };
    const first = await reconcile([role("get"), binding]);
    assert.equal(first.stdout, `role.${RBAC}/made reconciled\nrolebinding.${RBAC}/made reconciled\n`);
    assert.equal(first.stderr.match(/reconciliation required create/g)?.length, 2);
    const second = await reconcile([role("list")], "--remove-extra-permissions");
    assert.match(second.stderr, /reconciliation required update/);
    const { rules } = await kubectl.get<Role>("role", "made");
    assert.deepEqual(rules, [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }]);
  });

  test("set subject", async () => {
    const said = await kubectl.ok("set", "subject", "rolebinding", "made", "--user=jane", "--group=dev");
    assert.equal(said, `rolebinding.${RBAC}/made subjects updated\n`);
    assert.match(await kubectl.ok("get", "rolebinding", "made", "-o", "wide"), /Role\/made +\S+ +z, jane +dev/);
  });

  test("certificate approve and deny", async () => {
    for (const name of ["good", "bad"]) {
      const spec = {
        request: await signingRequest(),
        signerName: "kubernetes.io/kube-apiserver-client",
        usages: ["client auth"],
      };
      await kubectl.apply({
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name },
        spec,
      });
    }
    assert.match(await kubectl.ok("get", "csr", "good"), /^good +\S+ +\S+-client +kubernetes-admin +<none> +Pending$/m);
    assert.equal(
      await kubectl.ok("certificate", "approve", "good"),
      "certificatesigningrequest.certificates.k8s.io/good approved\n",
    );
    await kubectl.ok("certificate", "deny", "bad");
    assert.match(await kubectl.ok("get", "csr", "bad"), / Denied$/m);
    assert.equal(
      await refused(kubectl("certificate", "deny", "good")),
      'error: certificate signing request "good" is already Approved',
    );
    assert.match(await kubectl.ok("describe", "csr", "good"), /^Requesting User: +kubernetes-admin$/m);
  });

  test("nothing of it worries the program", () => assertQuietLog(cluster));
});

/** A PKCS#10 request for CN=jane, as a CertificateSigningRequest carries it. */
async function signingRequest(): Promise<string> {
  // The library's dependency injection insists on decorator metadata, of which it then uses none.
  Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata: () => {} });
  const { Pkcs10CertificateRequestGenerator } = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=jane",
    keys,
    signingAlgorithm: algorithm,
  });
  return Buffer.from(request.toString("pem")).toString("base64");
}
