import assert from "node:assert/strict";
import { test } from "node:test";
import { secrets } from "../../api/generated/resources.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { type AnonymousPolicy, PUBLIC_PATHS } from "./anonymous.ts";
import { BadCredentialsError, type ClientCertificate, type Credentials } from "./authenticator.ts";
import { certificateAuthenticator } from "./certificate.ts";
import { createAuthenticator } from "./create-authenticator.ts";
import { reviewSelf, reviewToken } from "./reviews.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

function bootstrapSecret(over: Record<string, string> = {}, type = "bootstrap.kubernetes.io/token") {
  const plain = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    ...over,
  };
  const data = Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, base64(value)]));
  return { metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" }, type, data };
}

function authentication(
  secret: ReturnType<typeof bootstrapSecret> | undefined,
  anonymous: AnonymousPolicy = { enabled: true },
) {
  const reader = new MemoryReader();
  if (secret !== undefined) reader.put(secrets, secret);
  return createAuthenticator({
    reader,
    clock: new VirtualClock(),
    serviceAccounts: { keys: [], issuers: ["issuer"], audiences: ["issuer"] },
    staticTokens: [{ token: "open sesame".replace(" ", "-"), user: { name: "ali", groups: ["cave"] } }],
    clientAuthorities: () => new Set(["CLUSTER"]),
    requestHeader: {
      authorities: () => new Set(["FRONT"]),
      allowedNames: ["front-proxy-client"],
      usernameHeaders: ["X-Remote-User"],
      uidHeaders: ["X-Remote-Uid"],
      groupHeaders: ["X-Remote-Group"],
      extraHeaderPrefixes: ["X-Remote-Extra-"],
    },
    anonymous: () => anonymous,
  });
}

const bearer = (token: string): Credentials => ({ headers: { authorization: `Bearer ${token}` } });
const validUntilMs = Date.parse("2030-01-01T00:00:00Z");
function chainTo(authority: string, untilMs = validUntilMs): ClientCertificate["chain"] {
  return [
    { fingerprint: "AB:CD", validUntilMs: untilMs },
    { fingerprint: authority, validUntilMs },
  ];
}
const certificate: ClientCertificate = {
  commonName: "jane",
  organizations: ["dev", "ops"],
  chain: chainTo("CLUSTER"),
};
const jane = {
  name: "jane",
  groups: ["dev", "ops", "system:authenticated"],
  extra: { "authentication.kubernetes.io/credential-id": ["X509SHA256=abcd"] },
};
const proxy: ClientCertificate = {
  ...certificate,
  commonName: "front-proxy-client",
  organizations: [],
  chain: chainTo("FRONT"),
};
const remote = {
  "x-remote-user": ["jo"],
  "x-remote-uid": ["7"],
  "x-remote-group": ["a, b", "c"],
  "x-remote-extra-example.org%2fscopes": ["x", "y"],
};

test("who is who", async () => {
  const browser = `base64url.bearer.authorization.k8s.io.${Buffer.from("open-sesame").toString("base64url")}`;
  const cases: [string, Credentials, unknown][] = [
    ["nobody", { headers: {} }, { name: "system:anonymous", groups: ["system:unauthenticated"] }],
    ["certificate", { headers: {}, certificate }, jane],
    ["certificate with a uid", { headers: {}, certificate: { ...certificate, uids: ["u1"] } }, { ...jane, uid: "u1" }],
    ["headers without the proxy's certificate", { headers: remote, certificate }, jane],
    [
      "front proxy",
      { headers: remote, certificate: proxy },
      {
        name: "jo",
        uid: "7",
        groups: ["a, b", "c", "system:authenticated"],
        extra: { "example.org/scopes": ["x", "y"] },
      },
    ],
    [
      "certificate without a name",
      { headers: {}, certificate: { ...certificate, commonName: "", organizations: ["system:masters"] } },
      { name: "system:anonymous", groups: ["system:unauthenticated"] },
    ],
    ["static token", bearer("open-sesame"), { name: "ali", groups: ["cave", "system:authenticated"] }],
    ["certificate before token", { ...bearer("nonsense"), certificate }, jane],
    [
      "browser",
      { headers: { "sec-websocket-protocol": `${browser}, v5.channel.k8s.io` } },
      { name: "ali", groups: ["cave", "system:authenticated"] },
    ],
    [
      "bootstrap token",
      bearer("abcdef.0123456789abcdef"),
      { name: "system:bootstrap:abcdef", groups: ["system:bootstrappers", "system:authenticated"] },
    ],
    [
      "other scheme",
      { headers: { authorization: "Basic eDp5" } },
      { name: "system:anonymous", groups: ["system:unauthenticated"] },
    ],
  ];
  for (const [name, credentials, user] of cases) {
    assert.deepEqual(await authentication(bootstrapSecret()).authenticate(credentials), user, name);
  }
  const nobody = { headers: {}, path: "/healthz" };
  assert.equal(await authentication(undefined, { enabled: false }).authenticate(nobody), undefined);
  const health = authentication(undefined, { enabled: true, paths: PUBLIC_PATHS });
  assert.equal((await health.authenticate(nobody))?.name, "system:anonymous");
  assert.equal(await health.authenticate({ headers: {}, path: "/api" }), undefined);
  assert.equal(await health.authenticate({ headers: {} }), undefined);
});

test("bad credentials never become anonymous", async () => {
  const token = "abcdef.0123456789abcdef";
  const browser = { "sec-websocket-protocol": "base64url.bearer.authorization.k8s.io.eA" };
  const cases: [string, Credentials, ReturnType<typeof bootstrapSecret> | undefined, RegExp][] = [
    ["unknown token", bearer("nonsense"), undefined, /invalid bearer token/],
    ["token alone in subprotocols", { headers: browser }, undefined, /missing additional subprotocol/],
    ["no secret", bearer(token), undefined, /there is no bootstrap token abcdef/],
    ["wrong secret", bearer("abcdef.0123456789abcdeX".toLowerCase()), bootstrapSecret(), /another secret/],
    ["wrong type", bearer(token), bootstrapSecret({}, "Opaque"), /another type/],
    ["expired", bearer(token), bootstrapSecret({ expiration: "2025-12-31T23:59:59Z" }), /expired/],
    [
      "not for this",
      bearer(token),
      bootstrapSecret({ "usage-bootstrap-authentication": "false" }),
      /not for authentication/,
    ],
    [
      "untrusted",
      { headers: {}, certificate: { ...certificate, problem: "CERT_HAS_EXPIRED" } },
      undefined,
      /CERT_HAS_EXPIRED/,
    ],
    [
      "another authority",
      { headers: {}, certificate: { ...certificate, chain: chainTo("OTHER") } },
      undefined,
      /signed by unknown authority/,
    ],
    [
      "expired meanwhile",
      { headers: {}, certificate: { ...certificate, chain: chainTo("CLUSTER", 1) } },
      undefined,
      /has expired/,
    ],
    ["two uids", { headers: {}, certificate: { ...certificate, uids: ["a", "b"] } }, undefined, /expected 1 value/],
    ["front proxy says nothing", { headers: {}, certificate: proxy }, undefined, /unknown authority/],
    [
      "front proxy of another name",
      { headers: remote, certificate: { ...proxy, commonName: "eve" } },
      undefined,
      /cn=eve is not in the allowed list/,
    ],
    ["stolen group", bearer(token), bootstrapSecret({ "auth-extra-groups": "system:masters" }), /system:masters/],
  ];
  for (const [name, credentials, secret, message] of cases) {
    await assert.rejects(
      async () => authentication(secret).authenticate(credentials),
      (error: Error) => error instanceof BadCredentialsError && message.test(error.message),
      name,
    );
  }
});

test("bootstrap tokens carry their extra groups", async () => {
  const secret = bootstrapSecret({
    "auth-extra-groups": "system:bootstrappers:wherry:default-node-token",
    expiration: "2026-01-02T00:00:00Z",
  });
  const user = await authentication(secret).authenticate(bearer("abcdef.0123456789abcdef"));
  assert.deepEqual(user?.groups, [
    "system:bootstrappers",
    "system:bootstrappers:wherry:default-node-token",
    "system:authenticated",
  ]);
});

test("reviews", async () => {
  const { tokens } = authentication(undefined);
  const good = await reviewToken({ spec: { token: "open-sesame" } }, tokens, ["issuer"]);
  assert.deepEqual(good.status, {
    authenticated: true,
    user: { username: "ali", groups: ["cave", "system:authenticated"] },
    audiences: ["issuer"],
  });
  const bad = await reviewToken({ spec: { token: "nonsense", audiences: ["x"] } }, tokens, ["issuer"]);
  assert.deepEqual(bad.status, { user: {}, error: "invalid bearer token" });
  await assert.rejects(reviewToken({ spec: { token: "" } }, tokens, ["issuer"]), /token is required/);
  const user = { name: "ali", uid: "1", groups: ["a"], extra: { key: ["value"] } };
  const self = await reviewSelf({}, user, "2026-01-01T00:00:00Z");
  assert.deepEqual(self.status, { userInfo: { username: "ali", uid: "1", groups: ["a"], extra: { key: ["value"] } } });
});

test("a uid in a certificate's subject means nothing where that is switched off", async () => {
  const authenticator = certificateAuthenticator({
    authorities: () => new Set(["CLUSTER"]),
    clock: new VirtualClock(),
    ignoresUids: true,
  });
  for (const uids of [["u1"], ["a", "b"]]) {
    const user = await authenticator.authenticate({ headers: {}, certificate: { ...certificate, uids } });
    assert.deepEqual([user?.name, user?.uid], [certificate.commonName, undefined]);
  }
});
