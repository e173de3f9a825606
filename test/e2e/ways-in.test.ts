import assert from "node:assert/strict";
import { createPrivateKey, webcrypto } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, afterEach, before, suite, test } from "node:test";
import type { SelfSubjectReview } from "../../src/api/generated/authentication.k8s.io/v1.ts";
import { type IssuerServer, startIssuer } from "../../src/apiserver/testing/issuer-server.ts";
import { selfSigned } from "../../src/apiserver/testing/self-signed.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";

/** All ways to say who one is, from outside, against the real program and a real OpenID Connect provider. */
suite("ways in", () => {
  const directory = mkdtempSync(join(tmpdir(), "wherry-ways-"));
  const configuration = join(directory, "authentication.json");
  let cluster: Cluster;
  let issuer: IssuerServer;
  let server: string;

  before(async () => {
    issuer = await startIssuer();
    writeConfiguration("oidc:");
    const tokens = join(directory, "tokens.csv");
    writeFileSync(tokens, 'not-a-real-secret,bot,42,"ci,robots"\n');
    cluster = await startCluster({
      words: ["--no-node", "--authentication-config", configuration, "--token-auth-file", tokens],
    });
    server = `https://127.0.0.1:${cluster.port}`;
  });
  afterEach((context) => cluster.tell(context));
  after(async () => {
    await cluster?.remove();
    await issuer.close();
    rmSync(directory, { recursive: true });
  });

  function writeConfiguration(prefix: string): void {
    const jwt = {
      issuer: { url: issuer.url, certificateAuthority: issuer.authority, audiences: ["kubernetes"] },
      claimMappings: {
        username: { expression: `'${prefix}' + claims.sub` },
        groups: { expression: "claims.?roles.orValue([])" },
      },
    };
    const head = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration" };
    writeFileSync(configuration, JSON.stringify({ ...head, jwt: [jwt] }));
  }

  const pki = (name: string): string => readFileSync(join(cluster.dataDirectory, "pki", name), "utf8");

  interface Call {
    readonly path?: string;
    readonly headers?: Record<string, string | string[]>;
    readonly cert?: string;
    readonly key?: string;
  }

  /** One request on a connection of its own; a SelfSubjectReview when no path is given. */
  function call({ path, headers = {}, cert, key }: Call): Promise<{ code: number; body: string }> {
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    return new Promise((resolve, reject) => {
      const sent = request(
        `${server}${path ?? "/apis/authentication.k8s.io/v1/selfsubjectreviews"}`,
        {
          method: path === undefined ? "POST" : "GET",
          ca: pki("ca.crt"),
          agent: false,
          headers: { "content-type": "application/json", ...headers },
          ...(cert === undefined ? {} : { cert, key }),
        },
        (answer) => {
          text(answer).then((body) => resolve({ code: answer.statusCode ?? 0, body }), reject);
        },
      );
      sent.on("error", reject);
      sent.end(path === undefined ? JSON.stringify(review) : undefined);
    });
  }

  async function whoIs(how: Call) {
    const { code, body } = await call(how);
    assert.equal(code, 201, body);
    return (JSON.parse(body) as SelfSubjectReview).status?.userInfo;
  }

  const bearer = (token: string): Call => ({ headers: { authorization: `Bearer ${token}` } });

  test("strangers see whether it is well, and nothing else", async () => {
    for (const path of ["/healthz", "/livez", "/readyz", "/version"])
      assert.equal((await call({ path })).code, 200, path);
    for (const path of ["/", "/api", "/apis", "/livez/ping", "/metrics", "/openid/v1/jwks", "/api/v1/namespaces"]) {
      assert.equal((await call({ path })).code, 401, path);
    }
    assert.equal((await call(bearer("nonsense"))).code, 401);
    assert.equal((await call({ ...bearer("nonsense"), path: "/healthz" })).code, 401);
  });

  test("an issuer's token, with kubectl", async () => {
    const token = await issuer.token("kubernetes", { roles: ["dev", "ops"] });
    const as = ["--kubeconfig=/dev/null", `--server=${server}`, "--insecure-skip-tls-verify", `--token=${token}`];
    const info = await cluster.kubectl.ok("auth", "whoami", ...as, "-o", "jsonpath={.status.userInfo}");
    const { username, groups, extra } = JSON.parse(info);
    assert.deepEqual([username, groups], ["oidc:ci", ["dev", "ops", "system:authenticated"]]);
    assert.match(extra["authentication.kubernetes.io/credential-id"][0], /^JTI=./);
    assert.equal((await call(bearer(await issuer.token("somebody-else")))).code, 401);
  });

  test("the file of issuers is read again", async () => {
    const token = await issuer.token("kubernetes");
    assert.equal((await whoIs(bearer(token)))?.username, "oidc:ci");
    writeConfiguration("changed:");
    await eventually("the changed file", async () => (await whoIs(bearer(token)))?.username === "changed:ci");
  });

  test("fixed tokens", async () => {
    const groups = ["ci", "robots", "system:authenticated"];
    assert.deepEqual(await whoIs(bearer("not-a-real-secret")), { username: "bot", uid: "42", groups });
  });

  test("the front proxy is believed, and nobody else", async () => {
    const headers = {
      "X-Remote-User": "jo",
      "X-Remote-Uid": "7",
      "X-Remote-Group": ["cn=a, o=b", "c"],
      "X-Remote-Extra-Example.org%2fscopes": ["x", "y"],
    };
    const proxy = { cert: pki("front-proxy-client.crt"), key: pki("front-proxy-client.key") };
    assert.deepEqual(await whoIs({ headers, ...proxy }), {
      username: "jo",
      uid: "7",
      groups: ["cn=a, o=b", "c", "system:authenticated"],
      extra: { "example.org/scopes": ["x", "y"] },
    });
    assert.equal((await call(proxy)).code, 401, "it is nobody by itself");
    const admin = await whoIs({ headers, cert: pki("admin.crt"), key: pki("admin.key") });
    assert.equal(admin?.username, "kubernetes-admin");
    assert.equal((await call({ headers })).code, 401);
  });

  test("certificates: another authority's and old ones are no good", async () => {
    const foreign = await selfSigned();
    assert.equal((await call({ cert: foreign.cert, key: foreign.key })).code, 401);
    assert.equal((await call({ cert: foreign.cert, key: foreign.key, path: "/healthz" })).code, 401);
    const [good, old] = [await issue({ days: 1 }), await issue({ days: -1 })];
    const user = await whoIs(good);
    assert.deepEqual([user?.username, user?.groups], ["jane", ["dev", "ops", "system:authenticated"]]);
    assert.match(user?.extra?.["authentication.kubernetes.io/credential-id"]?.[0] ?? "", /^X509SHA256=[0-9a-f]{64}$/);
    assert.equal((await call(old)).code, 401);
  });

  /** A client certificate of the cluster's own authority that is valid from ten days ago. */
  async function issue({ days }: { days: number }): Promise<{ cert: string; key: string }> {
    const { X509Certificate, X509CertificateGenerator } = await import("@peculiar/x509");
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const der = createPrivateKey(pki("ca.key")).export({ type: "pkcs8", format: "der" });
    const signingKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
    const dayMs = 24 * 60 * 60 * 1000;
    const made = await X509CertificateGenerator.create({
      subject: "O=dev,O=ops,CN=jane",
      issuer: new X509Certificate(pki("ca.crt")).subject,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - 10 * dayMs),
      notAfter: new Date(Date.now() + days * dayMs),
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    return { cert: made.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` };
  }

  test("service accounts: tokens that are asked for, those of Secrets, and who can verify them", async () => {
    await cluster.kubectl.ok("create", "serviceaccount", "builder");
    const token = (await cluster.kubectl.ok("create", "token", "builder", "--duration=20m")).trim();
    const user = await whoIs(bearer(token));
    assert.equal(user?.username, "system:serviceaccount:default:builder");
    assert.match(user?.extra?.["authentication.kubernetes.io/credential-id"]?.[0] ?? "", /^JTI=/);
    const { jwks_uri: location } = JSON.parse(
      (await call({ ...bearer(token), path: "/.well-known/openid-configuration" })).body,
    );
    assert.match(location, /\/openid\/v1\/jwks$/);
    const keys = JSON.parse((await call({ ...bearer(token), path: "/openid/v1/jwks/" })).body);
    const { createLocalJWKSet, jwtVerify } = await import("jose");
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys));
    assert.equal(payload.sub, "system:serviceaccount:default:builder");

    await cluster.kubectl.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "legacy", annotations: { "kubernetes.io/service-account.name": "builder" } },
      type: "kubernetes.io/service-account-token",
    });
    const legacy = await eventually("the token in the Secret", async () => {
      const data = await cluster.kubectl.ok("get", "secret", "legacy", "-o", "jsonpath={.data.token}");
      return data === "" ? undefined : Buffer.from(data, "base64").toString();
    });
    assert.equal((await whoIs(bearer(legacy)))?.username, "system:serviceaccount:default:builder");
    await cluster.kubectl.ok("delete", "serviceaccount", "builder");
    assert.equal((await call(bearer(legacy))).code, 401);
    assert.equal((await call(bearer(token))).code, 401);
    const isGone = async () => (await cluster.kubectl("get", "secret", "legacy")).code === 1;
    await eventually("the end of the Secret", isGone);
  });

  test("acting as a user for some requests only", async () => {
    const rule = (apiGroups: string[], resources: string[], verb: string) => ({ apiGroups, resources, verbs: [verb] });
    await cluster.kubectl.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "reads-as-jane" },
      rules: [
        { ...rule(["authentication.k8s.io"], ["users"], "impersonate:user-info"), resourceNames: ["jane"] },
        rule([""], ["pods"], "impersonate-on:user-info:list"),
      ],
    });
    await cluster.kubectl.ok("create", "clusterrolebinding", "bot", "--clusterrole=reads-as-jane", "--user=bot");
    await cluster.kubectl.ok("create", "clusterrolebinding", "jane", "--clusterrole=edit", "--user=jane");
    const as = [
      "--kubeconfig=/dev/null",
      `--server=${server}`,
      "--insecure-skip-tls-verify",
      "--token=not-a-real-secret",
    ];
    assert.equal((await cluster.kubectl("get", "pods", "--as=jane", ...as)).code, 0);
    const removed = await cluster.kubectl("delete", "pod", "x", "--as=jane", ...as);
    assert.match(removed.stderr, /User "bot" cannot impersonate-on:user-info:delete resource "pods"/);
    const other = await cluster.kubectl("get", "pods", "--as=joe", ...as);
    assert.match(
      other.stderr,
      /User "bot" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io"/,
    );
  });
});
