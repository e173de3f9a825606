import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pods, secrets, serviceAccounts, subjectAccessReviews, tokenReviews } from "../../api/generated/resources.ts";
import { decide, failed, type LookedAt, notHere, type Outcome, passed, type SecurityCheck } from "./check.ts";
import { weaknesses } from "./handshake.ts";

/** Paths that nobody needs credentials for, as upstream; everything else asks who one is. */
const CLOSED_PATHS = [
  "/api",
  "/apis",
  "/api/v1/namespaces",
  "/api/v1/secrets",
  "/api/v1/nodes",
  "/openapi/v2",
  "/metrics",
  "/debug/pprof/",
  "/logs/",
];

export const apiServerChecks: readonly SecurityCheck[] = [
  {
    id: "1.2.1",
    title: "anonymous requests are refused",
    remedy: "take the roles away that system:anonymous and system:unauthenticated were given",
    async look(at) {
      const codes = await Promise.all(CLOSED_PATHS.map(async (path) => ({ path, ...(await at.ask({ path })) })));
      const open = codes.filter(({ code }) => code !== 401 && code !== 403);
      return open.length === 0
        ? passed(`${CLOSED_PATHS.length} paths answered 401 or 403`)
        : failed(open.map(({ path, code }) => `${path} answered ${code}`).join(", "));
    },
  },
  {
    id: "1.2.2",
    title: "no file of static tokens (--token-auth-file)",
    remedy: "start without --token-auth-file; give people certificates or an identity provider",
    look: ({ commandLine }) =>
      decide(!commandLine.some((word) => word.startsWith("--token-auth-file")), "the flag is not given"),
  },
  {
    id: "1.2.4",
    title: "the API server shows kubelets a client certificate",
    remedy: "wherry certs renew",
    look: (at) => certificateIs(at, "apiserver-kubelet-client", "CN=kube-apiserver-kubelet-client"),
  },
  {
    id: "1.2.5",
    title: "kubelets' serving certificates are of the cluster's authority",
    remedy: "wherry certs renew",
    look: (at) => certificateIs(at, "kubelet", "O=system:nodes"),
  },
  {
    id: "1.2.6",
    title: "authorization is not AlwaysAllow",
    remedy: "start without --authorization-mode AlwaysAllow",
    look: async (at) => {
      const allowed = await mayDo(at, { user: at.token, verb: "*", group: "*", resource: "*" });
      return decide(
        !allowed.allowed,
        `a user without roles ${allowed.allowed ? "may do everything" : "may do nothing"}`,
      );
    },
  },
  {
    id: "1.2.7",
    title: "authorization includes Node",
    remedy: "have Node in --authorization-mode",
    async look(at) {
      const node = { user: `system:node:${at.token}`, groups: ["system:nodes"], verb: "get", namespace: "kube-system" };
      const answer = await mayDo(at, { ...node, resource: "secrets", name: at.token });
      const isNodes = /no relationship found between node/.test(answer.reason);
      return decide(!answer.allowed && isNodes, answer.reason || "no reason was given");
    },
  },
  {
    id: "1.2.8",
    title: "authorization includes RBAC",
    remedy: "have RBAC in --authorization-mode",
    async look(at) {
      const answer = await mayDo(at, { user: "system:kube-scheduler", verb: "list", resource: "pods" });
      return decide(answer.allowed && answer.reason.startsWith("RBAC: allowed"), answer.reason);
    },
  },
  {
    id: "1.2.15",
    title: "profiling is off",
    remedy: "start without --profiling",
    async look(at) {
      const { code } = await at.askAsAdministrator({ path: "/debug/pprof/profile" });
      return decide(code === 404, `/debug/pprof/profile answered ${code}`);
    },
  },
  {
    id: "1.2.21",
    title: "tokens of deleted service accounts are refused",
    remedy: "start without --service-account-lookup=false",
    look: tokenOfDeletedAccount,
  },
  {
    id: "1.2.22",
    title: "service account tokens are signed with a key of their own",
    remedy: "put sa.key back into the folder pki of the data directory",
    async look(at) {
      const sign = readFileSync(join(at.dataDirectory, "pki", "sa.key"), "utf8");
      const authority = readFileSync(join(at.dataDirectory, "pki", "ca.key"), "utf8");
      const { code, body } = await at.askAsAdministrator({ path: "/openid/v1/jwks" });
      const count = code === 200 ? (JSON.parse(body) as { keys: unknown[] }).keys.length : 0;
      return decide(sign !== authority && count > 0, `${count} public keys, none of them the authority's`);
    },
  },
  {
    id: "1.2.24",
    title: "the API server serves TLS with a certificate of the cluster's authority",
    remedy: "wherry certs renew",
    look: (at) => certificateIs(at, "apiserver", "CN=kube-apiserver"),
  },
  {
    id: "1.2.25",
    title: "client certificates are taken of the cluster's authority only",
    remedy: "start without --client-ca-file of other authorities",
    async look(at) {
      const read = (file: string): string => readFileSync(join(at.dataDirectory, "pki", file), "utf8");
      const known = { certificate: read("scheduler.crt"), key: read("scheduler.key") };
      // Signed by another authority of the cluster: no client of the API server.
      const other = { certificate: read("front-proxy-client.crt"), key: read("front-proxy-client.key") };
      const path = "/apis";
      const [good, bad] = [await at.ask({ path, credentials: known }), await at.ask({ path, credentials: other })];
      return decide(good.code === 200 && bad.code !== 200, `known: ${good.code}, of another authority: ${bad.code}`);
    },
  },
  {
    id: "1.2.29",
    title: "only strong ciphers, and TLS 1.2 or newer",
    remedy: "start without --tls-cipher-suites and --tls-min-version of your own",
    async look({ url }) {
      const weak = await weaknesses({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port) });
      return decide(
        weak.length === 0,
        weak.length === 0 ? "all weak handshakes were refused" : `agreed to ${weak.join(", ")}`,
      );
    },
  },
  {
    id: "1.2.30",
    title: "tokens of pods live no longer than was asked for",
    remedy: "start without --service-account-extend-token-expiration=true",
    look: lifeOfPodToken,
  },
];

function certificateIs(at: LookedAt, name: string, subject: string): Outcome {
  const directory = join(at.dataDirectory, "pki");
  const certificate = new X509Certificate(readFileSync(join(directory, `${name}.crt`)));
  const authority = new X509Certificate(readFileSync(join(directory, "ca.crt")));
  const until = Date.parse(certificate.validTo);
  const isGood =
    certificate.verify(authority.publicKey) && until > at.clock.now() && certificate.subject.includes(subject);
  return decide(
    isGood,
    `${certificate.subject.replaceAll("\n", ", ")}, until ${new Date(until).toISOString().slice(0, 10)}`,
  );
}

async function mayDo(
  { client }: LookedAt,
  { user, groups = [], ...resourceAttributes }: { user: string; groups?: string[]; [key: string]: unknown },
): Promise<{ allowed: boolean; reason: string }> {
  const { status } = await client.create(subjectAccessReviews, {
    spec: { user, groups, resourceAttributes },
  } as object);
  return { allowed: status?.allowed === true, reason: status?.reason ?? "" };
}

/** Makes an account with a token and removes it: the token must have died with it. */
async function tokenOfDeletedAccount(at: LookedAt): Promise<Outcome> {
  const account = { name: at.token, namespace: "default" };
  await at.client.create(serviceAccounts, { metadata: account });
  let token: string | undefined;
  try {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: [] } };
    const answer = (await at.client.create(
      serviceAccounts,
      body as object,
      {
        subresource: "token",
        target: account,
      } as object,
    )) as { status?: { token?: string } };
    token = answer.status?.token;
  } finally {
    await at.client.delete(serviceAccounts, account);
  }
  if (!token) return notHere("no token could be had");
  const review = await at.client.create(tokenReviews, { spec: { token } } as object);
  const isRefused = review.status?.authenticated !== true;
  return decide(isRefused, isRefused ? (review.status?.error ?? "refused") : "the token still counts");
}

/** What is asked for in every pod: this life is what the flag makes longer. */
const POD_TOKEN_SECONDS = 3607;

async function lifeOfPodToken(at: LookedAt): Promise<Outcome> {
  const name = { name: at.token, namespace: "default" };
  // Nobody schedules it, so it never runs.
  const spec = { schedulerName: at.token, containers: [{ name: "none", image: "none" }] };
  const pod = await at.client.create(pods, { metadata: name, spec });
  try {
    const boundObjectRef = { kind: "Pod", apiVersion: "v1", name: at.token, uid: pod.metadata?.uid };
    const tokenSpec = { audiences: [], expirationSeconds: POD_TOKEN_SECONDS, boundObjectRef };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: tokenSpec };
    const target = { name: "default", namespace: "default" };
    const to = { subresource: "token", target } as object;
    const answer = (await at.client.create(serviceAccounts, body as object, to)) as { status?: { token?: string } };
    const [, claims = ""] = (answer.status?.token ?? "").split(".");
    const { exp, iat } = JSON.parse(Buffer.from(claims, "base64url").toString()) as { exp: number; iat: number };
    return decide(exp - iat <= POD_TOKEN_SECONDS, `asked for ${POD_TOKEN_SECONDS} s, it lives ${exp - iat} s`);
  } finally {
    await at.client.delete(pods, name);
  }
}

/** The Secret by which encryption is looked for; removed by who makes it. */
export async function withSecret<T>(at: LookedAt, look: (marker: string) => Promise<T>): Promise<T> {
  const name = { name: at.token, namespace: "default" };
  const marker = `${at.token}-${at.token}`;
  await at.client.create(secrets, { metadata: name, stringData: { word: marker } });
  try {
    return await look(marker);
  } finally {
    await at.client.delete(secrets, name);
  }
}
