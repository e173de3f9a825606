import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import type { Pod } from "../../api/generated/core/v1.ts";
import { nodes, pods, secrets, serviceAccounts } from "../../api/generated/resources.ts";
import { StatusError } from "../../api/status.ts";
import { decodeToken, signingKey, signToken, verificationKey } from "../../base/json-web-token.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { BadCredentialsError } from "./authenticator.ts";
import { jsonWebKeySet, openidConfiguration } from "./key-documents.ts";
import { serviceAccountTokenAuthenticator } from "./service-account-token.ts";
import { createTokenIssuer } from "./token-issuer.ts";

const ISSUER = "https://kubernetes.default.svc.cluster.local";
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = (key: typeof ec.privateKey): string => key.export({ type: "pkcs8", format: "pem" }) as string;

function setUp(
  privateKey = ec.privateKey,
  granted: { extendExpiration?: boolean; maxExpirationSeconds?: number } = {},
) {
  const clock = new VirtualClock();
  const reader = new MemoryReader();
  const serviceAccount = { metadata: { name: "builder", namespace: "shop", uid: "sa-1" } };
  const pod = {
    metadata: { name: "web", namespace: "shop", uid: "pod-1" },
    spec: { serviceAccountName: "builder", nodeName: "boat", containers: [] },
  } as Pod;
  reader.put(serviceAccounts, serviceAccount);
  reader.put(pods, pod);
  reader.put(nodes, { metadata: { name: "boat", uid: "node-1" } });
  reader.put(secrets, { metadata: { name: "hold", namespace: "shop", uid: "secret-1" } });
  const key = signingKey(pem(privateKey));
  const keys = [verificationKey(pem(rsa.privateKey)), verificationKey(pem(ec.privateKey))];
  const issuer = createTokenIssuer({
    reader,
    clock,
    random: seededRandom(1),
    key: () => key,
    issuer: ISSUER,
    audiences: [ISSUER],
    ...granted,
  });
  const tokens = serviceAccountTokenAuthenticator({ reader, clock, keys, issuers: [ISSUER] });
  return { clock, reader, serviceAccount, pod, key, keys, issuer, tokens };
}

const bound = (kind: string, name: string, uid?: string) => ({
  spec: { audiences: [], boundObjectRef: { apiVersion: "v1", kind, name, ...(uid === undefined ? {} : { uid }) } },
});

test("a token says whose it is and which pod and node it belongs to", async () => {
  for (const privateKey of [ec.privateKey, rsa.privateKey]) {
    const { issuer, tokens, serviceAccount } = setUp(privateKey);
    const { status, spec } = await issuer.issue(serviceAccount, bound("Pod", "web", "pod-1"));
    assert.deepEqual(spec?.audiences, [ISSUER]);
    assert.equal(spec?.expirationSeconds, 3600);
    assert.equal(status?.expirationTimestamp, "2026-01-01T01:00:00Z");
    const identity = await tokens.authenticateToken(status?.token ?? "", [ISSUER, "other"]);
    const jti = decodeToken(status?.token ?? "")?.claims.jti;
    assert.deepEqual(identity, {
      audiences: [ISSUER],
      user: {
        name: "system:serviceaccount:shop:builder",
        uid: "sa-1",
        groups: ["system:serviceaccounts", "system:serviceaccounts:shop"],
        extra: {
          "authentication.kubernetes.io/pod-name": ["web"],
          "authentication.kubernetes.io/pod-uid": ["pod-1"],
          "authentication.kubernetes.io/credential-id": [`JTI=${jti}`],
          "authentication.kubernetes.io/node-name": ["boat"],
          "authentication.kubernetes.io/node-uid": ["node-1"],
        },
      },
    });
  }
});

test("another library verifies the token with the published key set", async () => {
  const { createLocalJWKSet, jwtVerify } = await import("jose");
  for (const privateKey of [ec.privateKey, rsa.privateKey]) {
    const { issuer, keys, serviceAccount, clock } = setUp(privateKey);
    const { status } = await issuer.issue(serviceAccount, { spec: { audiences: ["vault"] } });
    const keySet = createLocalJWKSet(jsonWebKeySet(keys) as Parameters<typeof createLocalJWKSet>[0]);
    const options = { issuer: ISSUER, audience: "vault", currentDate: new Date(clock.now()) };
    const { payload } = await jwtVerify(status?.token ?? "", keySet, options);
    assert.equal(payload.sub, "system:serviceaccount:shop:builder");
  }
  const document = openidConfiguration(ISSUER, setUp().keys, "https://192.0.2.1:6443/openid/v1/jwks");
  assert.deepEqual((document as Record<string, unknown>).id_token_signing_alg_values_supported, ["RS256", "ES256"]);
});

test("a token dies with time and with what it is bound to", async () => {
  type World = ReturnType<typeof setUp>;
  const later = (world: World) => world.clock.advance(61_000);
  const deleting = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  const cases: {
    name: string;
    kind?: string;
    to?: string;
    change: (world: World) => unknown;
    fails: RegExp | undefined;
  }[] = [
    { name: "untouched", kind: "Pod", to: "web", change: () => {}, fails: undefined },
    { name: "one second before expiry", change: (w) => w.clock.advance(3_599_000), fails: undefined },
    { name: "expired by clocks that differ a little", change: (w) => w.clock.advance(3_660_000), fails: undefined },
    { name: "expired", change: (w) => w.clock.advance(3_661_000), fails: /has expired/ },
    {
      name: "account deleted",
      change: (w) => w.reader.remove(serviceAccounts, "shop", "builder"),
      fails: /serviceaccounts "builder" not found/,
    },
    {
      name: "account made anew",
      change: (w) => w.reader.put(serviceAccounts, { metadata: { ...w.serviceAccount.metadata, uid: "sa-2" } }),
      fails: /service account UID \(sa-2\) does not match claim/,
    },
    {
      name: "pod deleted",
      kind: "Pod",
      to: "web",
      change: (w) => w.reader.remove(pods, "shop", "web"),
      fails: /service account token has been invalidated/,
    },
    {
      name: "pod shutting down",
      kind: "Pod",
      to: "web",
      change: (w) => w.reader.put(pods, { ...w.pod, metadata: { ...w.pod.metadata, ...deleting } }),
      fails: undefined,
    },
    {
      name: "pod shut down long ago",
      kind: "Pod",
      to: "web",
      change: async (w) => {
        w.reader.put(pods, { ...w.pod, metadata: { ...w.pod.metadata, ...deleting } });
        await later(w);
      },
      fails: /service account token has been invalidated/,
    },
    {
      name: "pod's node deleted",
      kind: "Pod",
      to: "web",
      change: (w) => w.reader.remove(nodes, undefined, "boat"),
      fails: undefined,
    },
    {
      name: "node deleted",
      kind: "Node",
      to: "boat",
      change: (w) => w.reader.remove(nodes, undefined, "boat"),
      fails: /service account token has been invalidated/,
    },
    {
      name: "secret deleted",
      kind: "Secret",
      to: "hold",
      change: (w) => w.reader.remove(secrets, "shop", "hold"),
      fails: /service account token has been invalidated/,
    },
  ];
  for (const { name, kind, to, change, fails } of cases) {
    const world = setUp();
    const request = kind === undefined ? { spec: { audiences: [] } } : bound(kind, to ?? "");
    const { status } = await world.issuer.issue(world.serviceAccount, request);
    const ask = async () => world.tokens.authenticateToken(status?.token ?? "", [ISSUER]);
    assert.ok(await ask(), `${name}: good at first`);
    await change(world);
    if (fails === undefined) assert.ok(await ask(), name);
    else
      await assert.rejects(
        ask(),
        (error: Error) => error instanceof BadCredentialsError && fails.test(error.message),
        name,
      );
  }
});

test("forged and foreign tokens", async () => {
  const { tokens, key, issuer, serviceAccount } = setUp();
  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const claims = {
    iss: ISSUER,
    aud: [ISSUER],
    exp: 4_000_000_000,
    "kubernetes.io": { namespace: "shop", serviceaccount: { name: "builder", uid: "sa-1" } },
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const good = (await issuer.issue(serviceAccount, { spec: { audiences: [] } })).status?.token ?? "";
  const [header, , signature] = good.split(".");
  const cases: [string, string, RegExp | undefined][] = [
    ["no JWT", "abc", undefined],
    ["another issuer", signToken({ ...claims, iss: "elsewhere" }, key), undefined],
    ["a strange key", signToken(claims, signingKey(pem(stranger.privateKey))), /not signed by a known key/],
    [
      "a strange key under a known id",
      signToken(claims, { ...signingKey(pem(stranger.privateKey)), id: key.id }),
      /not signed/,
    ],
    ["no algorithm", `${part({ alg: "none" })}.${part(claims)}.${signature}`, /not signed/],
    ["a MAC", `${part({ alg: "HS256", kid: key.id })}.${part(claims)}.${signature}`, /not signed/],
    ["changed claims", `${header}.${part(claims)}.${signature}`, /not signed/],
    ["other audience", signToken({ ...claims, aud: ["vault"] }, key), /invalid for the target audiences/],
    ["no expiry", signToken({ ...claims, exp: undefined }, key), /no expiry/],
    ["no account", signToken({ ...claims, "kubernetes.io": {} }, key), /no service account/],
    ["from the future", signToken({ ...claims, nbf: 3_999_999_999 }, key), /not valid yet/],
  ];
  for (const [name, token, fails] of cases) {
    const ask = async () => tokens.authenticateToken(token, [ISSUER]);
    if (fails === undefined) assert.equal(await ask(), undefined, name);
    else
      await assert.rejects(
        ask,
        (error: Error) => error instanceof BadCredentialsError && fails.test(error.message),
        name,
      );
  }
});

test("pods' default tokens live as long as was asked for; a year where that is wanted, and then say when use is late", async () => {
  const usual = setUp();
  const short = await usual.issuer.issue(usual.serviceAccount, {
    spec: { ...bound("Pod", "web").spec, expirationSeconds: 3607 },
  });
  const shortClaims = decodeToken(short.status?.token ?? "")?.claims as { exp: number; iat: number };
  assert.equal(shortClaims.exp - shortClaims.iat, 3607);
  const { issuer, serviceAccount } = setUp(ec.privateKey, { extendExpiration: true, maxExpirationSeconds: 7200 });
  const request = bound("Pod", "web");
  const { status } = await issuer.issue(serviceAccount, { spec: { ...request.spec, expirationSeconds: 3607 } });
  const claims = decodeToken(status?.token ?? "")?.claims as {
    exp: number;
    iat: number;
    "kubernetes.io": { warnafter: number };
  };
  assert.equal(claims.exp - claims.iat, 365 * 24 * 3600);
  assert.equal(claims["kubernetes.io"].warnafter - claims.iat, 3607);
  assert.equal(status?.expirationTimestamp, "2026-01-01T01:00:07Z");
  for (const audiences of [["vault"], [ISSUER, "vault"]]) {
    const foreign = await issuer.issue(serviceAccount, {
      spec: { ...request.spec, audiences, expirationSeconds: 3607 },
    });
    const plain = decodeToken(foreign.status?.token ?? "")?.claims as { exp: number; iat: number };
    assert.equal(plain.exp - plain.iat, 3607);
  }
});

test("requests that cannot be granted", async () => {
  const { issuer, serviceAccount, reader, pod } = setUp();
  reader.put(pods, {
    ...pod,
    metadata: { ...pod.metadata, name: "other" },
    spec: { ...pod.spec!, serviceAccountName: "default" },
  });
  const cases: [string, Parameters<typeof issuer.issue>[1], number, RegExp][] = [
    [
      "short",
      { spec: { audiences: [], expirationSeconds: 599 } },
      422,
      /spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes/,
    ],
    ["long", { spec: { audiences: [], expirationSeconds: 2 ** 32 + 1 } }, 422, /larger than 2\^32 seconds/],
    ["no pod", bound("Pod", "nobody"), 404, /pods "nobody" not found/],
    ["another pod", bound("Pod", "web", "pod-0"), 409, /does not match the UID in record/],
    ["another account's pod", bound("Pod", "other"), 400, /different serviceaccount name/],
    ["a strange kind", bound("Service", "web"), 400, /cannot bind token to object of type \/v1, Kind=Service/],
  ];
  for (const [name, request, code, message] of cases) {
    await assert.rejects(
      issuer.issue(serviceAccount, request),
      (error: Error) => error instanceof StatusError && error.code === code && message.test(error.message),
      name,
    );
  }
});

test("a token of a key that was exchanged is good as long as that key is listed, and not a moment longer", async () => {
  const { issuer, tokens, serviceAccount, keys } = setUp();
  const { status } = await issuer.issue(serviceAccount, { spec: { audiences: [] } });
  const token = status?.token ?? "";
  assert.notEqual(await tokens.authenticateToken(token, [ISSUER]), undefined);
  // The list is RSA, EC; the token is of the second.
  const [old] = keys.splice(1, 1);
  await assert.rejects(async () => tokens.authenticateToken(token, [ISSUER]), /not signed by a known key/);
  keys.push(old!);
  assert.notEqual(await tokens.authenticateToken(token, [ISSUER]), undefined);
});
