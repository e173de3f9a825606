import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { clusterRoleBindings, clusterRoles } from "../../api/generated/resources.ts";
import type { AuthorizationSettings } from "../../api/server-settings.ts";
import { type Logger, silentLogger } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { createWebhookClient } from "../outgoing/create-webhook-client.ts";
import { MemoryReader } from "../testing/memory-reader.ts";
import { writeWebhookKubeconfig } from "../testing/webhook-kubeconfig.ts";
import { startWebhookServer, type WebhookResponder } from "../testing/webhook-server.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { openAuthorization } from "./open-authorization.ts";
import { reviewSelfSubjectRules } from "./reviews.ts";

const directory = mkdtempSync(join(tmpdir(), "wherry-authorization-"));
after(() => rmSync(directory, { recursive: true }));

const question = (over: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes => ({
  user: { name: "jo", uid: "7", groups: ["dev"], extra: { scope: ["a"] } },
  verb: "list",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "shop",
  name: "",
  path: "",
  ...over,
});

function errorLog() {
  const lines: string[] = [];
  const log: Logger = {
    ...silentLogger,
    named: () => log,
    error: (message, fields) => void lines.push(`${message} ${JSON.stringify(fields)}`),
  };
  return { log, lines };
}

async function open(settings: AuthorizationSettings) {
  const [clock, reader] = [new VirtualClock(), new MemoryReader()];
  const rule = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
  reader.put(clusterRoles, { metadata: { name: "reader" }, rules: [rule] });
  reader.put(clusterRoleBindings, {
    metadata: { name: "readers" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" },
    subjects: [{ kind: "Group", name: "dev" }],
  });
  const webhooks = createWebhookClient({ reader, clock, random: seededRandom(1) });
  const { log, lines } = errorLog();
  const authorization = await openAuthorization(settings, { reader, clock, log, webhooks });
  return {
    authorization,
    clock,
    lines,
    async close() {
      authorization.close();
      await authorization.stop();
      await webhooks.close();
    },
  };
}

async function startHook(respond: WebhookResponder, name = "kubeconfig") {
  const hook = await startWebhookServer(respond);
  const file = join(directory, name);
  writeWebhookKubeconfig(file, hook);
  return { hook, file };
}

const configuration = (...authorizers: object[]): string =>
  JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration", authorizers });

const webhook = (kubeConfigFile: string, over: object = {}) => ({
  timeout: "3s",
  subjectAccessReviewVersion: "v1",
  failurePolicy: "Deny",
  connectionInfo: { type: "KubeConfigFile", kubeConfigFile },
  ...over,
});

const RBAC = { type: "RBAC", name: "rbac" };

test("a webhook by flags: asked after RBAC, and believed for a while", async (t) => {
  const { hook, file } = await startHook(({ body }) => {
    const { user } = (body as { spec: { user: string } }).spec;
    return { body: { status: { allowed: user === "jo", reason: "because" } } };
  });
  t.after(() => hook.close());
  const { authorization, clock, close } = await open({ modes: ["RBAC", "Webhook"], webhook: { configFile: file } });
  t.after(close);
  const allowedByRole = await authorization.authorize(question({ verb: "get", name: "web" }));
  assert.equal(allowedByRole.decision, "allow");
  assert.equal(hook.calls.length, 0);

  const asked = question({ fieldSelector: "spec.nodeName=a,status.phase!=Failed", labelSelector: "app in (x,y),!old" });
  assert.deepEqual(await authorization.authorize(asked), { decision: "allow", reason: "because" });
  assert.deepEqual(await authorization.authorize(asked), { decision: "allow", reason: "because" });
  assert.equal(hook.calls.length, 1);
  assert.deepEqual(hook.calls[0]?.body, {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: {
      resourceAttributes: {
        namespace: "shop",
        verb: "list",
        version: "v1",
        resource: "pods",
        fieldSelector: {
          requirements: [
            { key: "spec.nodeName", operator: "In", values: ["a"] },
            { key: "status.phase", operator: "NotIn", values: ["Failed"] },
          ],
        },
        labelSelector: {
          requirements: [
            { key: "app", operator: "In", values: ["x", "y"] },
            { key: "old", operator: "DoesNotExist" },
          ],
        },
      },
      user: "jo",
      uid: "7",
      groups: ["dev"],
      extra: { scope: ["a"] },
    },
  });
  await clock.advance(300_000);
  await authorization.authorize(asked);
  assert.equal(hook.calls.length, 2);

  const eve = question({ user: { name: "eve", groups: [] }, resourceRequest: false, path: "/metrics", verb: "get" });
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await authorization.authorize(eve), { decision: "noOpinion", reason: "because" });
  }
  assert.equal(hook.calls.length, 3);
  assert.deepEqual((hook.calls[2]!.body as { spec: object }).spec, {
    nonResourceAttributes: { path: "/metrics", verb: "get" },
    user: "eve",
  });
  const rules = await reviewSelfSubjectRules({ spec: { namespace: "shop" } }, question().user, authorization);
  assert.equal(rules.status?.incomplete, true);
  assert.equal(rules.status?.evaluationError, "webhook authorizer does not support user rule resolution");
});

test("a file: conditions, denial before RBAC, failure, and what becomes of a change", async (t) => {
  const { hook, file } = await startHook(({ body }) => {
    const { verb } = (body as { spec: { resourceAttributes: { verb: string } } }).spec.resourceAttributes;
    if (verb === "watch") return { code: 400, body: {} };
    return {
      body: { status: verb === "get" ? { allowed: false, denied: true, reason: "not this one" } : { allowed: false } },
    };
  });
  t.after(() => hook.close());
  const configurationFile = join(directory, "authorization.json");
  const conditions = [
    { expression: "has(request.resourceAttributes)" },
    { expression: "request.resourceAttributes.namespace == 'shop'" },
  ];
  const guard = { matchConditionSubjectAccessReviewVersion: "v1", matchConditions: conditions };
  writeFileSync(
    configurationFile,
    configuration({ type: "Webhook", name: "guard", webhook: webhook(file, guard) }, RBAC),
  );
  const { authorization, clock, lines, close } = await open({ configurationFile });
  t.after(close);
  const decide = async (over: Partial<AuthorizationAttributes>) => await authorization.authorize(question(over));
  assert.deepEqual(await decide({ verb: "get", name: "web" }), { decision: "deny", reason: "not this one" });
  assert.equal(
    (await decide({ verb: "get", name: "web", namespace: "other" })).decision,
    "allow",
    "the webhook is not asked",
  );
  assert.equal((await decide({ verb: "get", resourceRequest: false, path: "/x", resource: "" })).decision, "noOpinion");
  assert.equal(hook.calls.length, 1);
  assert.equal((await decide({ verb: "watch" })).decision, "deny", "a failing webhook denies");
  assert.match(lines[0] ?? "", /could not be asked/);
  const masters = question({ verb: "get", user: { name: "x", groups: ["system:masters"] } });
  assert.equal((await authorization.authorize(masters)).decision, "allow");

  writeFileSync(configurationFile, configuration({ type: "AlwaysAllow", name: "all" }));
  await clock.advance(5_000);
  while (lines.length < 2) await clock.advance(0);
  assert.match(lines[1] ?? "", /cannot be added or removed/);
  assert.equal((await decide({ verb: "get", name: "web" })).decision, "deny", "the last good one");

  writeFileSync(configurationFile, configuration(RBAC));
  await clock.advance(5_000);
  while ((await decide({ verb: "get", name: "web" })).decision !== "allow") await clock.advance(5_000);
});

test("built-in modes", async (t) => {
  const all = await open({ modes: ["AlwaysAllow"] });
  t.after(all.close);
  assert.equal((await all.authorization.authorize(question())).decision, "allow");
  const none = await open({ modes: ["AlwaysDeny"] });
  t.after(none.close);
  assert.deepEqual(await none.authorization.authorize(question()), {
    decision: "noOpinion",
    reason: "Everything is forbidden.",
  });
  const usual = await open({});
  t.after(usual.close);
  assert.deepEqual(await usual.authorization.authorize(question({ verb: "get", name: "x" })), {
    decision: "allow",
    reason: 'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"',
  });
  assert.equal((await usual.authorization.authorize(question({ verb: "delete" }))).decision, "noOpinion");
});

test("flags and files that are no good", async () => {
  const { hook, file } = await startHook(() => undefined, "unused");
  await hook.close();
  const good = webhook(file);
  const config = (...authorizers: object[]): AuthorizationSettings => {
    const configurationFile = join(directory, "bad.json");
    writeFileSync(configurationFile, configuration(...authorizers));
    return { configurationFile };
  };
  const hooked = (over: object) => config({ type: "Webhook", name: "a", webhook: { ...good, ...over } });
  const cases: [string, () => AuthorizationSettings, RegExp][] = [
    ["file and modes", () => ({ ...config(RBAC), modes: ["RBAC"] }), /can not be specified when --authorization-mode/],
    ["mode without a file", () => ({ modes: ["Webhook"] }), /authorization config file not passed/],
    ["file without the mode", () => ({ webhook: { configFile: file } }), /without mode Webhook/],
    ["unknown mode", () => ({ modes: ["Magic"] }), /authorizers\[0\]\.type: Unsupported value: "Magic"/],
    ["a mode twice", () => ({ modes: ["RBAC", "RBAC"] }), /authorizers\[1\]\.type: Duplicate value: "RBAC"/],
    ["no authorizer", () => config(), /authorizers: Required value: at least one authorization mode/],
    ["no type", () => config({ name: "x" }), /authorizers\[0\]\.type: Required value/],
    ["no name", () => config({ type: "RBAC" }), /authorizers\[0\]\.name: Required value/],
    ["bad name", () => config({ type: "RBAC", name: "A_b" }), /authorizer name is invalid/],
    ["no webhook", () => config({ type: "Webhook", name: "a" }), /webhook: Required value: required when type=Webhook/],
    ["webhook elsewhere", () => config({ ...RBAC, webhook: good }), /may only be specified when type=Webhook/],
    ["timeout", () => hooked({ timeout: "31s" }), /timeout: Invalid value: "31s": must be > 0s and <= 30s/],
    ["no timeout", () => hooked({ timeout: undefined }), /timeout: Required value/],
    [
      "version",
      () => hooked({ subjectAccessReviewVersion: "v2" }),
      /Unsupported value: "v2": supported values: "v1", "v1beta1"/,
    ],
    ["policy", () => hooked({ failurePolicy: "Allow" }), /failurePolicy: Unsupported value: "Allow"/],
    [
      "connection",
      () => hooked({ connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "here" } }),
      /must be an absolute path/,
    ],
    [
      "missing file",
      () => hooked({ connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "/nowhere" } }),
      /error loading file/,
    ],
    [
      "conditions without a version",
      () => hooked({ matchConditions: [{ expression: "true" }] }),
      /required if match conditions are specified/,
    ],
    [
      "condition that does not compile",
      () =>
        hooked({
          matchConditionSubjectAccessReviewVersion: "v1",
          matchConditions: [{ expression: "request.colour == 'red'" }],
        }),
      /matchConditions\[0\]\.expression: Invalid value/,
    ],
    ["unknown field", () => config({ ...RBAC, colour: "red" }), /unknown field "authorizers\[0\]\.colour"/],
  ];
  for (const [name, settings, message] of cases) await assert.rejects(open(settings()), message, name);
});
