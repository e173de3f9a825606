import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { createSecureContext } from "node:tls";
import { serviceAccounts } from "../api/generated/resources.ts";
import { systemClock } from "../base/clock.ts";
import { type Der, element, objectIdentifier, sequence, set, utf8String } from "../base/der.ts";
import { signingKey, signToken } from "../base/json-web-token.ts";
import { Metrics } from "../base/metrics.ts";
import { createTestAuthority, type OddCertificate, type TestPair } from "../base/testing/certificates.ts";
import { createAuditor } from "./audit/auditor.ts";
import type { AuditEvent } from "./audit/event.ts";
import { type MemoryServer, startMemoryServer } from "./testing/memory-server.ts";
import { openTlsDoor, type TlsDoor } from "./testing/tls-door.ts";

// Everything here goes over TLS to the whole server: what is refused, with which Status, and what the audit log says of it.

const ISSUER = "https://kubernetes.default.svc";
const authority = createTestAuthority();
const pem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }) as string;
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = signingKey(pem(pair.privateKey));
let events: AuditEvent[] = [];
let memory: MemoryServer;
let door: TlsDoor;
let uid: string;

before(async () => {
  const backend = {
    name: "test",
    write: (event: AuditEvent) => void events.push(event) as undefined,
    close: async () => {},
  };
  const policy = { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "Metadata" }] } as const;
  memory = await startMemoryServer({
    audit: async () => createAuditor({ policy, backends: [backend], metrics: new Metrics() }),
    security: {
      authorization: { modes: ["AlwaysAllow"] },
      clientAuthority: () => authority.ca,
      serviceAccountKeys: {
        privateKey: pem(pair.privateKey),
        publicKey: pair.publicKey.export({ type: "spki", format: "pem" }) as string,
      },
    },
  });
  const made = await memory.client.create(serviceAccounts, { metadata: { name: "builder", namespace: "default" } });
  uid = made.metadata?.uid ?? "";
  door = await openTlsDoor(memory, authority);
});
after(async () => {
  await door.close();
  await memory.close();
});

interface Outcome {
  /** Of the answer; undefined when there was no connection. */
  readonly code: number | undefined;
  readonly reason: string | undefined;
  readonly user: string | undefined;
  readonly groups: readonly string[];
  readonly events: readonly AuditEvent[];
}

/** Asks who one is. */
async function whoAmI(as: { token?: string; certificate?: TestPair }): Promise<Outcome> {
  events = [];
  const body = JSON.stringify({ kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1" });
  const headers = {
    "content-type": "application/json",
    ...(as.token === undefined ? {} : { authorization: `Bearer ${as.token}` }),
  };
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const { port } = door;
  const to = { host: "127.0.0.1", port, path, method: "POST", headers, ca: authority.ca, agent: false };
  const sent = request({ ...to, ...as.certificate }).end(body);
  try {
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response) text += chunk;
    const { reason, status } = JSON.parse(text) as {
      reason?: string;
      status?: { userInfo?: { username?: string; groups?: string[] } };
    };
    const { username: user, groups = [] } = status?.userInfo ?? {};
    return { code: response.statusCode, reason, user, groups, events };
  } catch {
    return { code: undefined, reason: undefined, user: undefined, groups: [], events };
  }
}

function assertRefused(outcome: Outcome, tried: string, name: string): void {
  assert.deepEqual([outcome.code, outcome.reason], [401, "Unauthorized"], name);
  const [event, ...more] = outcome.events;
  assert.deepEqual(more, [], name);
  assert.equal(event?.responseStatus?.code, 401, name);
  assert.equal(event?.responseStatus?.message, `Authentication failed, attempted: ${tried}`, name);
  assert.equal(event?.requestURI, "/apis/authentication.k8s.io/v1/selfsubjectreviews", name);
  assert.deepEqual(event?.sourceIPs, ["127.0.0.1"], name);
  assert.equal(event?.user.username, undefined, name);
}

test("tokens that count for nothing are 401, and are in the audit log without a word of theirs", async () => {
  const now = Math.floor(memory.clock.now() / 1000);
  const claims = {
    iss: ISSUER,
    sub: "system:serviceaccount:default:builder",
    aud: [ISSUER],
    iat: now,
    nbf: now,
    exp: now + 3600,
    "kubernetes.io": { namespace: "default", serviceaccount: { name: "builder", uid } },
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const good = signToken(claims, key);
  const fine = await whoAmI({ token: good });
  assert.deepEqual([fine.code, fine.user], [201, "system:serviceaccount:default:builder"]);
  const [header, body, signature] = good.split(".");
  const cases: [string, string][] = [
    ["expired", signToken({ ...claims, exp: now - 3600 }, key)],
    ["not yet valid", signToken({ ...claims, nbf: now + 3600 }, key)],
    ["signed by a strange key", signToken(claims, signingKey(pem(stranger.privateKey)))],
    [
      "signed by a strange key under our id",
      signToken(claims, { ...signingKey(pem(stranger.privateKey)), id: key.id }),
    ],
    ["alg=none", `${part({ alg: "none" })}.${body}.`],
    ["alg=none with a signature", `${part({ alg: "none", kid: key.id })}.${body}.${signature}`],
    ["alg=None", `${part({ alg: "None", kid: key.id })}.${body}.`],
    ["a MAC by the public key", `${part({ alg: "HS256", kid: key.id })}.${body}.${signature}`],
    ["for somebody else", signToken({ ...claims, aud: ["vault"] }, key)],
    ["for nobody", signToken({ ...claims, aud: [] }, key)],
    ["by another issuer", signToken({ ...claims, iss: "https://elsewhere" }, key)],
    ["changed", `${header}.${part({ ...claims, sub: "system:serviceaccount:kube-system:admin" })}.${signature}`],
    ["without signature", `${header}.${body}`],
    [
      "of an account that is gone",
      signToken(
        { ...claims, "kubernetes.io": { namespace: "default", serviceaccount: { name: "builder", uid: "other" } } },
        key,
      ),
    ],
    ["no JSON", `${Buffer.from("{").toString("base64url")}.${body}.${signature}`],
    ["no token at all", "hello"],
  ];
  for (const [name, token] of cases) {
    const outcome = await whoAmI({ token });
    assertRefused(outcome, "bearer", name);
    assert.ok(!JSON.stringify(outcome.events).includes(token), name);
  }
});

const CN = "2.5.4.3";
const O = "2.5.4.10";
const BMP = 0x1e;
const PRINTABLE = 0x13;
const UTF8 = 0x0c;
const attribute = (type: string, value: Der): Der => sequence(objectIdentifier(type), value);
const cn = (value: Der): Der => set(attribute(CN, value));
const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

test("certificates with odd names say who they are for as upstream reads them, or count for nothing", async () => {
  const cases: [string, Der, { user: string; groups?: string[] } | "refused"][] = [
    ["printable text", sequence(cn(element(PRINTABLE, Buffer.from("jane")))), { user: "jane" }],
    ["16-bit text", sequence(cn(element(BMP, utf16("jänë")))), { user: "jänë" }],
    ["several names: the last", sequence(cn(utf8String("eve")), cn(utf8String("jane"))), { user: "jane" }],
    [
      "name and group in one part",
      sequence(set(attribute(O, utf8String("crew")), attribute(CN, utf8String("jane")))),
      { user: "jane", groups: ["crew"] },
    ],
    ["a name that goes on after a null", sequence(cn(utf8String("admin\0.evil"))), { user: "admin\0.evil" }],
    ["a name with lines", sequence(cn(utf8String("jane\nO=system:masters"))), { user: "jane\nO=system:masters" }],
    ["a name with commas", sequence(cn(utf8String('jane, O="system:masters"'))), { user: 'jane, O="system:masters"' }],
    ["no name", sequence(set(attribute(O, utf8String("system:masters")))), "refused"],
    ["nothing", sequence(), "refused"],
  ];
  for (const [name, subject, expected] of cases) {
    const outcome = await whoAmI({ certificate: authority.issueOdd({ subject }) });
    if (typeof expected === "string") {
      assert.notEqual(outcome.code, 201, `${name}: ${outcome.user}`);
      assert.equal(outcome.user, undefined, name);
      if (outcome.code !== undefined) assert.ok(outcome.events.length > 0, name);
      continue;
    }
    assert.equal(outcome.user, expected.user, name);
    assert.deepEqual(outcome.groups, [...(expected.groups ?? []), "system:authenticated"], name);
    assert.equal(outcome.events.at(-1)?.user.username, expected.user, name);
  }
});

test("names that are no text: TLS takes no such certificate", () => {
  const broken = [element(UTF8, Buffer.from([0x6a, 0xff, 0xfe])), element(BMP, Buffer.from([0, 0x6a, 0]))];
  for (const value of broken) {
    const { cert } = authority.issueOdd({ subject: sequence(cn(value)) });
    assert.throws(() => createSecureContext({ cert }), /asn1|length|string/i);
  }
});

test("certificates out of their time, of another purpose or another authority are 401, and in the audit log", async () => {
  const subject = sequence(cn(utf8String("jane")));
  const year = 365 * 24 * 3600 * 1000;
  const now = systemClock.now();
  const odd = (over: Partial<OddCertificate>): TestPair => authority.issueOdd({ subject, ...over });
  const cases: [string, TestPair][] = [
    ["expired", odd({ validFromMs: now - 2 * year, validUntilMs: now - year })],
    ["not yet valid", odd({ validFromMs: now + year, validUntilMs: now + 2 * year })],
    ["for servers only", odd({ purpose: "1.3.6.1.5.5.7.3.1" })],
    ["of another authority of the same name", createTestAuthority().issue("jane", "system:masters")],
  ];
  assert.equal((await whoAmI({ certificate: odd({ purpose: "1.3.6.1.5.5.7.3.2" }) })).user, "jane");
  for (const [name, certificate] of cases) assertRefused(await whoAmI({ certificate }), "x509", name);
});

test("certificates of an intermediate authority are good with it, and bad without it or when it has expired", async () => {
  const between = authority.intermediate("between");
  const { key, cert } = between.issue("jane", "dev");
  const chained = await whoAmI({ certificate: { key, cert: cert + between.ca } });
  assert.deepEqual([chained.user, chained.groups], ["jane", ["dev", "system:authenticated"]]);
  const below = between.intermediate("below");
  const low = below.issue("joe");
  const deep = await whoAmI({ certificate: { key: low.key, cert: low.cert + below.ca + between.ca } });
  assert.equal(deep.user, "joe");
  assertRefused(await whoAmI({ certificate: { key, cert } }), "x509", "without its intermediate");
  const old = authority.intermediate("old", systemClock.now() - 1000);
  const late = old.issue("jane");
  const outdated = { key: late.key, cert: late.cert + old.ca };
  assertRefused(await whoAmI({ certificate: outdated }), "x509", "of an intermediate that has expired");
  const stranger = createTestAuthority().intermediate("between");
  const strange = stranger.issue("jane");
  const forged = { key: strange.key, cert: strange.cert + between.ca };
  assertRefused(await whoAmI({ certificate: forged }), "x509", "with somebody else's intermediate of the same name");
});

test("an intermediate authority in the bundle is trusted without its root, and its sisters are not", async () => {
  const root = createTestAuthority();
  const [trusted, sister] = [root.intermediate("trusted"), root.intermediate("sister")];
  const server = await startMemoryServer({
    security: { authorization: { modes: ["AlwaysAllow"] }, clientAuthority: () => trusted.ca },
  });
  const before = door;
  door = await openTlsDoor(server, authority, trusted.ca);
  try {
    const jane = trusted.issue("jane");
    assert.equal((await whoAmI({ certificate: jane })).user, "jane");
    const withRoot = { key: jane.key, cert: jane.cert + trusted.ca + root.ca };
    assert.equal((await whoAmI({ certificate: withRoot })).user, "jane");
    const joe = sister.issue("joe");
    assert.equal((await whoAmI({ certificate: { key: joe.key, cert: joe.cert + sister.ca + root.ca } })).code, 401);
  } finally {
    await door.close();
    door = before;
    await server.close();
  }
});
