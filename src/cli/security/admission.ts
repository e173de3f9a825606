import type { Asked } from "./ask.ts";
import { decide, type LookedAt, type Outcome, passed, type SecurityCheck, undecided } from "./check.ts";

const PODS = "/api/v1/namespaces/default/pods?dryRun=All";

/** What admission does with objects that are only asked about (dry run). */
export const admissionChecks: readonly SecurityCheck[] = [
  {
    id: "1.2.3",
    title: "DenyServiceExternalIPs is set",
    remedy:
      "if users may create Services and must not take addresses: --enable-admission-plugins DenyServiceExternalIPs",
    async look(at) {
      const spec = { ports: [{ port: 80 }], externalIPs: ["192.0.2.1"] };
      const body = { apiVersion: "v1", kind: "Service", metadata: { name: at.token }, spec };
      const answer = await post(at, "/api/v1/namespaces/default/services?dryRun=All", body);
      return answer.code === 403 ? passed("external addresses are refused") : undecided("external addresses are taken");
    },
  },
  {
    id: "1.2.9",
    title: "EventRateLimit is set",
    remedy:
      "where noisy clients are a worry: --enable-admission-plugins EventRateLimit; flow control limits them anyway",
    look: () => undecided("a person decides this"),
  },
  {
    id: "1.2.10",
    title: "AlwaysAdmit is not set",
    remedy: "start without AlwaysAdmit in --enable-admission-plugins",
    look: async (at) => refusal(await post(at, PODS, pod(at, { serviceAccountName: at.token })), /service account/),
  },
  {
    id: "1.2.11",
    title: "AlwaysPullImages is set",
    remedy: "where tenants share nodes and images are private: --enable-admission-plugins AlwaysPullImages",
    async look(at) {
      const answer = await post(at, PODS, pod(at, {}, { imagePullPolicy: "IfNotPresent" }));
      const isPulled = answer.body.includes('"imagePullPolicy":"Always"');
      return isPulled ? passed("images are always pulled") : undecided("images of a node are usable by all its pods");
    },
  },
  {
    id: "1.2.12",
    title: "the ServiceAccount plugin is set",
    remedy: "start without ServiceAccount in --disable-admission-plugins",
    look: async (at) =>
      refusal(await post(at, PODS, pod(at, { serviceAccountName: at.token })), /service account .*not found/),
  },
  {
    id: "1.2.13",
    title: "the NamespaceLifecycle plugin is set",
    remedy: "start without NamespaceLifecycle in --disable-admission-plugins",
    async look(at) {
      const answer = await at.askAsAdministrator({
        path: "/api/v1/namespaces/kube-system?dryRun=All",
        method: "DELETE",
      });
      return refusal(answer, /may not be deleted/);
    },
  },
  {
    id: "1.2.14",
    title: "the NodeRestriction plugin is set",
    remedy: "start without NodeRestriction in --disable-admission-plugins",
    async look(at) {
      const body = { apiVersion: "v1", kind: "Node", metadata: { name: `${at.token}-b` } };
      const headers = { "impersonate-user": `system:node:${at.token}-a`, "impersonate-group": "system:nodes" };
      const answer = await at.askAsAdministrator({ path: "/api/v1/nodes?dryRun=All", method: "POST", body, headers });
      return refusal(answer, /is not allowed to modify node/);
    },
  },
  {
    id: "5.2.1",
    title: "the cluster can refuse pods by policy",
    remedy: "start without PodSecurity in --disable-admission-plugins",
    async look(at) {
      const path = "/api/v1/namespaces?dryRun=All";
      const labels = { "pod-security.kubernetes.io/enforce": "no-such-level" };
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: at.token, labels } };
      const answer = await post(at, path, body);
      return decide(answer.code >= 400, `a namespace with an unknown level was answered ${answer.code}`);
    },
  },
];

function post(at: LookedAt, path: string, body: unknown): Promise<Asked> {
  return at.askAsAdministrator({ path, method: "POST", body });
}

function pod(at: LookedAt, spec: object, container: object = {}): object {
  const containers = [{ name: "one", image: "example.invalid/none", ...container }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name: at.token }, spec: { containers, ...spec } };
}

/** Refused, and for the right reason. */
function refusal({ code, body }: Asked, why: RegExp): Outcome {
  return decide(code === 403 && why.test(body), `${code}: ${messageOf(body)}`);
}

function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? "taken";
  } catch {
    return body.slice(0, 200);
  }
}
