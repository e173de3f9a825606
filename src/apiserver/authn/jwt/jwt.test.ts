import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { AuthenticationSettings } from "../../../api/server-settings.ts";
import { systemClock } from "../../../base/clock.ts";
import { type LogFields, type Logger, silentLogger } from "../../../base/log.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import type { WebhookClient } from "../../outgoing/webhook-client.ts";
import { type IssuerServer, startIssuer } from "../../testing/issuer-server.ts";
import { MemoryReader } from "../../testing/memory-reader.ts";
import { BadCredentialsError } from "../authenticator.ts";
import { type OpenAuthentication, openAuthentication } from "../open-authentication.ts";
import { reviewToken } from "../reviews.ts";
import { parseIssuers } from "./issuers.ts";

let first: IssuerServer;
let second: IssuerServer;
const directory = mkdtempSync(join(tmpdir(), "wherry-jwt-"));
const file = join(directory, "authentication.json");

before(async () => {
  [first, second] = await Promise.all([startIssuer(), startIssuer()]);
});

after(async () => {
  await Promise.all([first.close(), second.close()]);
  rmSync(directory, { recursive: true });
});

const noWebhooks = {} as WebhookClient;

async function open(settings: AuthenticationSettings, log: Logger = silentLogger) {
  const clock = new VirtualClock(systemClock.now());
  const authentication = await openAuthentication(settings, {
    reader: new MemoryReader(),
    clock,
    log,
    webhooks: noWebhooks,
    transport: () => {
      throw new Error("nothing is written here");
    },
    keys: [],
    issuers: ["https://kubernetes.default.svc"],
    audiences: ["https://kubernetes.default.svc"],
  });
  return { authentication, clock };
}

const who = async (authentication: OpenAuthentication, token: string) =>
  authentication.authenticate({ headers: { authorization: `Bearer ${token}` } });

/** What says which token it was. */
function credential(token: string): Record<string, string[]> {
  const { jti } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return { "authentication.kubernetes.io/credential-id": [`JTI=${jti}`] };
}

function refused(pattern: RegExp) {
  return (error: Error) => error instanceof BadCredentialsError && pattern.test(error.message);
}

const issuer = (server: IssuerServer, over: object = {}) => ({
  issuer: { url: server.url, certificateAuthority: server.authority, audiences: ["kubernetes"] },
  claimMappings: { username: { claim: "sub", prefix: "oidc:" }, groups: { claim: "groups", prefix: "oidc:" } },
  ...over,
});

const configuration = (...jwt: object[]) =>
  JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt });

test("flags: one issuer, whose keys are fetched once and again when there is a new one", async (t) => {
  const ca = join(directory, "ca.pem");
  writeFileSync(ca, first.authority);
  const oidc = {
    issuerUrl: first.url,
    clientId: "kubernetes",
    caFile: ca,
    groupsClaim: "groups",
    requiredClaims: ["team=blue"],
  };
  const { authentication, clock } = await open({ oidc });
  t.after(() => authentication.close());
  assert.equal(first.requests.get("/jwks"), undefined);
  const token = await first.token("kubernetes", { groups: "dev", team: "blue" });
  const user = { name: `${first.url}#ci`, groups: ["dev", "system:authenticated"], extra: credential(token) };
  assert.deepEqual(await who(authentication, token), user);
  assert.deepEqual(await who(authentication, token), user);
  assert.equal(first.requests.get("/jwks"), 1);

  await first.rotate();
  const next = await first.token("kubernetes", { team: "blue" });
  await assert.rejects(who(authentication, next), refused(/no applicable key|no matching key/i), "too soon");
  await clock.advance(11_000);
  const later = { name: `${first.url}#ci`, groups: ["system:authenticated"], extra: credential(next) };
  assert.deepEqual(await who(authentication, next), later);
  assert.equal(first.requests.get("/jwks"), 2);
  await assert.rejects(
    who(authentication, token),
    refused(/no applicable key|no matching key/i),
    "the old key is gone",
  );

  const [head, body, signature] = next.split(".");
  const forged = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(body!, "base64url").toString()), sub: "root" }),
  );
  const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
  const cases: [string, string, RegExp][] = [
    [
      "another audience",
      await first.token("others", { team: "blue" }),
      /expected audience in \["kubernetes"\] got \["others"\]/,
    ],
    ["another team", await first.token("kubernetes", { team: "red" }), /required claim team value does not match/],
    ["no team", await first.token("kubernetes"), /required claim team not present/],
    ["changed", `${head}.${forged.toString("base64url")}.${signature}`, /signature verification failed/],
    ["alg none", `${none}.${body}.x`, /alg/i],
    ["nobody's", await second.token("kubernetes"), /invalid bearer token/],
  ];
  for (const [name, wrong, message] of cases) await assert.rejects(who(authentication, wrong), refused(message), name);
  await clock.advance(2 * 3_600_000);
  await assert.rejects(who(authentication, next), refused(/token is expired/));
});

test("an empty name is what the claim says, and no expression may", async (t) => {
  const plain = issuer(first, { claimMappings: { username: { claim: "login", prefix: "" } } });
  const byExpression = issuer(second, { claimMappings: { username: { expression: "claims.login" } } });
  writeFileSync(file, configuration(plain, byExpression));
  const { authentication } = await open({ configurationFile: file });
  t.after(() => authentication.close());
  const nobody = await first.token("kubernetes", { login: "" });
  const empty = { name: "", groups: ["system:authenticated"], extra: credential(nobody) };
  assert.deepEqual(await who(authentication, nobody), empty);
  const refusal = refused(/oidc: empty username via CEL expression is not allowed/);
  await assert.rejects(who(authentication, await second.token("kubernetes", { login: "" })), refusal);
});

test("TokenReview: what an issuer's tokens are for", async (t) => {
  writeFileSync(file, configuration(issuer(first)));
  const { authentication } = await open({ configurationFile: file });
  t.after(() => authentication.close());
  const token = await first.token("kubernetes");
  const server = ["https://kubernetes.default.svc"];
  const good = await reviewToken({ spec: { token } }, authentication.tokens, server);
  assert.deepEqual([good.status?.authenticated, good.status?.audiences], [true, server]);
  const other = await reviewToken({ spec: { token, audiences: ["vault"] } }, authentication.tokens, server);
  assert.deepEqual(other.status, { user: {}, error: "invalid bearer token" });
});

test("a file: several issuers, expressions, and what becomes of a change", async (t) => {
  const errors: (LogFields | undefined)[] = [];
  const log: Logger = { ...silentLogger, named: () => log, error: (_message, fields) => void errors.push(fields) };
  const byExpression = issuer(second, {
    issuer: {
      url: second.url,
      certificateAuthority: second.authority,
      audiences: ["kubernetes", "other"],
      audienceMatchPolicy: "MatchAny",
    },
    claimMappings: {
      username: { expression: "claims.email_verified ? 'mail:' + claims.email : 'sub:' + claims.sub" },
      groups: { expression: "claims.?roles.orValue([]).map(r, 'role:' + r)" },
      uid: { expression: "claims.client_id + '-uid'" },
      extra: [{ key: "example.org/team", valueExpression: "claims.?team.orValue('')" }],
    },
    claimValidationRules: [{ expression: "claims.exp - claims.iat <= 3600", message: "too long a life" }],
    userValidationRules: [{ expression: "!user.username.startsWith('mail:root')", message: "not root" }],
  });
  writeFileSync(file, configuration(issuer(first), byExpression));
  const { authentication, clock } = await open({ configurationFile: file }, log);
  t.after(() => authentication.close());

  assert.equal((await who(authentication, await first.token("kubernetes")))?.name, "oidc:ci");
  const claims = { email: "jo@example.org", email_verified: true, roles: ["dev"], team: "blue" };
  const other = await second.token("other", claims);
  assert.deepEqual(await who(authentication, other), {
    name: "mail:jo@example.org",
    uid: "ci-uid",
    groups: ["role:dev", "system:authenticated"],
    extra: { ...credential(other), "example.org/team": ["blue"] },
  });
  const root = await second.token("other", { ...claims, email: "root@example.org" });
  await assert.rejects(who(authentication, root), refused(/validation expression '.*' failed: not root/));

  writeFileSync(file, "{ broken");
  await clock.advance(5_000);
  await untilErrors(errors, 1);
  assert.match(String(errors[0]?.why), /authentication-config/);
  assert.equal((await who(authentication, await first.token("kubernetes")))?.name, "oidc:ci", "the last good one");

  writeFileSync(file, configuration(byExpression));
  await clock.advance(5_000);
  const gone = await first.token("kubernetes");
  while ((await who(authentication, gone).catch(() => undefined)) !== undefined) await clock.advance(5_000);
  await assert.rejects(who(authentication, gone), refused(/invalid bearer token/));
});

async function untilErrors(errors: readonly unknown[], count: number): Promise<void> {
  while (errors.length < count) await new Promise((resolve) => setImmediate(resolve));
}

test("who is anonymous is the file's to say", async (t) => {
  const anonymous = { enabled: true, conditions: [{ path: "/livez" }] };
  const head = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration" };
  writeFileSync(file, JSON.stringify({ ...head, anonymous }));
  const { authentication } = await open({ configurationFile: file });
  t.after(() => authentication.close());
  assert.equal((await authentication.authenticate({ headers: {}, path: "/livez" }))?.name, "system:anonymous");
  assert.equal(await authentication.authenticate({ headers: {}, path: "/healthz" }), undefined);
  await assert.rejects(open({ configurationFile: file, anonymous: true }), /--anonymous-auth flag cannot be set/);
});

test("what is wrong with a file", async () => {
  const good = {
    issuer: { url: "https://issuer.example", audiences: ["a"] },
    claimMappings: { username: { claim: "sub", prefix: "" } },
  };
  const over = (issuerOver: object, rest: object = {}) => ({
    ...good,
    issuer: { ...good.issuer, ...issuerOver },
    ...rest,
  });
  const cases: [string, object[], RegExp | undefined][] = [
    ["nothing", [good], undefined],
    ["two with one url", [good, good], /jwt\[1\]\.issuer\.url: Duplicate value: "https:\/\/issuer.example"/],
    ["http", [over({ url: "http://issuer.example" })], /issuer\.url: Invalid value: .*URL scheme must be https/],
    ["userinfo", [over({ url: "https://me:pw@issuer.example" })], /must not contain a username or password/],
    ["query", [over({ url: "https://issuer.example?x=1" })], /must not contain a query/],
    [
      "the cluster's own",
      [over({ url: "https://kubernetes.default.svc" })],
      /URL must not overlap with disallowed issuers/,
    ],
    ["no audience", [over({ audiences: [] })], /audiences: Required value: at least one/],
    ["two audiences", [over({ audiences: ["a", "b"] })], /audienceMatchPolicy must be MatchAny for multiple audiences/],
    ["same discovery", [over({ discoveryURL: "https://issuer.example/" })], /discoveryURL must be different from URL/],
    ["bad authority", [over({ certificateAuthority: "x" })], /certificateAuthority: Invalid value: "<omitted>"/],
    [
      "no username",
      [over({}, { claimMappings: {} })],
      /claimMappings\.username: Required value: claim or expression is required/,
    ],
    [
      "no prefix",
      [over({}, { claimMappings: { username: { claim: "sub" } } })],
      /username\.prefix: Required value: prefix is required when claim is set/,
    ],
    [
      "claim and expression",
      [over({}, { claimMappings: { username: { claim: "a", expression: "claims.a" } } })],
      /claim and expression can't both be set/,
    ],
    [
      "unverified address",
      [over({}, { claimMappings: { username: { expression: "claims.email" } } })],
      /claims\.email_verified must be used/,
    ],
    [
      "broken expression",
      [over({}, { claimMappings: { username: { expression: "claims." } } })],
      /username\.expression: Invalid value: "claims\."/,
    ],
    [
      "rule that is no boolean",
      [over({}, { claimValidationRules: [{ expression: "'x'" }] })],
      /claimValidationRules\[0\]\.expression: Invalid value: "'x'": .*bool/,
    ],
    [
      "reserved key",
      [
        over(
          {},
          {
            claimMappings: {
              username: { claim: "sub", prefix: "" },
              extra: [{ key: "x.k8s.io/a", valueExpression: "claims.a" }],
            },
          },
        ),
      ],
      /reserved for Kubernetes use/,
    ],
    ["unknown field", [{ ...good, colour: "red" }], /strict decoding error: unknown field "jwt\[0\]\.colour"/],
    ["wrong type", [over({ audiences: "a" })], /cannot unmarshal string into field "jwt\[0\]\.issuer\.audiences"/],
  ];
  for (const [name, jwt, message] of cases) {
    const options = {
      what: "authentication-config",
      disallowed: ["https://kubernetes.default.svc"],
      clock: new VirtualClock(),
    };
    const parsing = parseIssuers(configuration(...jwt), options);
    if (message === undefined) await assert.doesNotReject(parsing, name);
    else await assert.rejects(parsing, message, name);
  }
  const options = { what: "authentication-config", disallowed: [], clock: new VirtualClock() };
  await assert.rejects(parseIssuers("", options), /the file is empty/);
  await assert.rejects(parseIssuers("kind: Pod\napiVersion: v1\n", options), /must be AuthenticationConfiguration/);
});
