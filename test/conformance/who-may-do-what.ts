import type { PolicyRule } from "../../src/api/generated/rbac.authorization.k8s.io/v1.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  roleBindings,
  roles,
} from "../../src/api/generated/resources.ts";
import { loadSchema } from "../../src/api/schema-data.ts";
import type { UserInfo } from "../../src/apiserver/authn/authenticator.ts";
import type { AuthorizationAttributes } from "../../src/apiserver/authz/authorizer.ts";
import { type Authorization, createAuthorizer } from "../../src/apiserver/authz/create-authorizer.ts";
import { MemoryReader } from "../../src/apiserver/testing/memory-reader.ts";
import { type DefaultRbac, defaultRbac } from "../../src/bootstrap/rbac/default-objects.ts";
import { controllerTable } from "../../src/controllers/table.ts";
import { AGENT } from "../../src/program/agent-token.ts";
import { CONTROLLER_ACCOUNTS, identities, nodeIdentity, serviceAccount } from "../../src/program/identities.ts";

const ALL = "system:authenticated";
const person = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, ALL] });

/** Everybody whom the table tells about, by the heading of their part. */
function everybody(): [string, UserInfo][] {
  const accounts = [
    ...new Set([
      ...Object.keys(controllerTable).map((name) => CONTROLLER_ACCOUNTS[name] ?? name),
      ...Object.values(CONTROLLER_ACCOUNTS),
    ]),
  ].filter((name) => name !== "serviceaccount-token-controller");
  return [
    ["nobody in particular", { name: "system:anonymous", groups: ["system:unauthenticated"] }],
    ["a plain user", person("jane")],
    ["a service account of the namespace shop", account("shop", "default")],
    ["a user with ClusterRole view in the namespace shop", person("viewer")],
    ["a user with ClusterRole edit in the namespace shop", person("editor")],
    ["a user with ClusterRole admin in the namespace shop", person("owner")],
    ["the administrator", person("kubernetes-admin", "kubeadm:cluster-admins")],
    ["a machine that joins with a bootstrap token", person("system:bootstrap:abcdef", "system:bootstrappers")],
    ["a machine that joins with the agent's token", { ...AGENT, groups: [...AGENT.groups, ALL] }],
    ["the node n1", nodeIdentity("n1")],
    ["a user who calls himself a node and is in no group of nodes", person("system:node:n1")],
    ["the scheduler", identities.scheduler],
    ["the service proxy", identities.proxy],
    ["the cluster's DNS", identities.dns],
    ["the controller manager", identities.controllerManager],
    ["the monitoring", person("prometheus", "system:monitoring")],
    ...accounts.sort().map((name): [string, UserInfo] => [`the controller account ${name}`, serviceAccount(name)]),
  ];
}

function account(namespace: string, name: string): UserInfo {
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, ALL];
  return { name: `system:serviceaccount:${namespace}:${name}`, groups };
}

const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const PATHS = [
  "/",
  "/.well-known/openid-configuration",
  "/api",
  "/apis/apps/v1",
  "/debug/pprof/profile",
  "/flagz",
  "/healthz",
  "/livez",
  "/livez/ping",
  "/logs/x",
  "/metrics",
  "/openapi/v3",
  "/openid/v1/jwks",
  "/readyz",
  "/statusz",
  "/version",
];
/** Rights that are no verb of a request to the resource. */
const SPECIAL: readonly (readonly [string, string, string])[] = [
  ["impersonate", "", "users"],
  ["impersonate", "", "groups"],
  ["impersonate", "", "serviceaccounts"],
  ["impersonate", "authentication.k8s.io", "userextras/scopes"],
  ["impersonate", "authentication.k8s.io", "uids"],
  ["bind", "rbac.authorization.k8s.io", "clusterroles"],
  ["bind", "rbac.authorization.k8s.io", "roles"],
  ["escalate", "rbac.authorization.k8s.io", "clusterroles"],
  ["escalate", "rbac.authorization.k8s.io", "roles"],
  ["approve", "certificates.k8s.io", "signers"],
  ["sign", "certificates.k8s.io", "signers"],
  ["attest", "certificates.k8s.io", "signers"],
  ["create", "certificates.k8s.io", "certificatesigningrequests/nodeclient"],
  ["create", "certificates.k8s.io", "certificatesigningrequests/selfnodeclient"],
  ["create", "certificates.k8s.io", "certificatesigningrequests/selfnodeserver"],
  ["create", "", "endpoints/restricted"],
  ["proxy", "", "nodes"],
];

/** One thing to ask about: the same for everybody. */
interface Target {
  readonly label: string;
  readonly verbs: readonly string[];
  readonly attributes: Omit<AuthorizationAttributes, "user" | "verb">;
}

const nothing = { group: "", version: "", resource: "", subresource: "", namespace: "", name: "", path: "" };

function target(
  group: string,
  path: string,
  over: { verbs: readonly string[]; namespace?: string; name?: string },
): Target {
  const [resource = "", subresource = ""] = path.split("/");
  const { namespace = "", name = "thing", verbs } = over;
  const where = namespace === "" ? "" : ` in ${namespace}`;
  const named = name === "thing" ? "" : ` "${name}"`;
  return {
    label: `${path}${group === "" ? "" : `.${group}`}${named}${where}`,
    verbs,
    attributes: { ...nothing, resourceRequest: true, group, resource, subresource, namespace, name },
  };
}

/** Every resource and subresource that is served, once a group; what default rules name; and what is no resource. */
function targets(rbac: DefaultRbac): Target[] {
  const found = new Map<string, Target>();
  const add = (each: Target): void => {
    const verbs = new Set([...(found.get(each.label)?.verbs ?? []), ...each.verbs]);
    found.set(each.label, { ...each, verbs: [...verbs] });
  };
  for (const { group, resource, namespaced, subresources = [] } of loadSchema().resources) {
    const namespaces = namespaced ? ["shop", "kube-system"] : [""];
    for (const namespace of namespaces) {
      add(target(group, resource, { verbs: VERBS, namespace }));
      for (const { name, verbs } of subresources) add(target(group, `${resource}/${name}`, { verbs, namespace }));
    }
  }
  for (const [namespace, rule] of rulesOf(rbac)) {
    for (const name of rule.resourceNames ?? []) {
      for (const path of rule.resources ?? [])
        add(target(rule.apiGroups?.[0] ?? "", path, { verbs: rule.verbs, namespace, name }));
    }
  }
  for (const name of ["in-use", "elsewhere"]) {
    for (const resource of ["secrets", "configmaps", "persistentvolumeclaims", "serviceaccounts", "pods"]) {
      add(target("", resource, { verbs: VERBS, namespace: "shop", name }));
    }
    add(target("", "serviceaccounts/token", { verbs: ["create"], namespace: "shop", name }));
    add(target("", "persistentvolumes", { verbs: VERBS, name }));
  }
  for (const name of ["n1", "n2"]) {
    add(target("", "nodes", { verbs: VERBS, name }));
    add(target("storage.k8s.io", "csinodes", { verbs: VERBS, name }));
    add(target("coordination.k8s.io", "leases", { verbs: VERBS, namespace: "kube-node-lease", name }));
  }
  for (const [verb, group, path] of SPECIAL) {
    const each = target(group, path, { verbs: [verb] });
    add({ ...each, label: `${verb} ${each.label}` });
  }
  for (const path of PATHS) {
    add({ label: path, verbs: ["get", "post"], attributes: { ...nothing, resourceRequest: false, path } });
  }
  return [...found.values()].sort((left, right) => (left.label < right.label ? -1 : 1));
}

function* rulesOf(rbac: DefaultRbac): Generator<[string, PolicyRule]> {
  for (const role of rbac.clusterRoles) for (const rule of role.rules ?? []) yield ["", rule];
  for (const role of rbac.roles) for (const rule of role.rules ?? []) yield [role.metadata?.namespace ?? "", rule];
}

/** The default roles and bindings, three people with a role in a namespace, and a pod on n1 that uses things. */
async function world(rbac: DefaultRbac): Promise<Authorization> {
  const reader = new MemoryReader();
  reader.put(clusterRoles, ...rbac.clusterRoles);
  reader.put(clusterRoleBindings, ...rbac.clusterRoleBindings);
  reader.put(roles, ...rbac.roles);
  reader.put(roleBindings, ...rbac.roleBindings);
  for (const [role, name] of [
    ["view", "viewer"],
    ["edit", "editor"],
    ["admin", "owner"],
  ] as const) {
    reader.put(roleBindings, {
      metadata: { name: role, namespace: "shop" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name }],
    });
  }
  for (const [node, name] of [
    ["n1", "in-use"],
    ["n2", "elsewhere"],
  ] as const) {
    reader.put(pods, {
      metadata: { name, namespace: "shop" },
      spec: {
        nodeName: node,
        serviceAccountName: name,
        containers: [{ name: "c", image: "i", envFrom: [{ configMapRef: { name } }] }],
        volumes: [
          { name: "secret", secret: { secretName: name } },
          { name: "claim", persistentVolumeClaim: { claimName: name } },
        ],
      },
    });
    reader.put(persistentVolumeClaims, { metadata: { name, namespace: "shop" }, spec: { volumeName: name } });
    reader.put(persistentVolumes, { metadata: { name }, spec: { claimRef: { namespace: "shop", name } } });
  }
  return createAuthorizer(reader);
}

/** The whole table as text: a part for each identity, a line for each thing that it may do something with. */
export async function whoMayDoWhat(): Promise<string> {
  const rbac = defaultRbac();
  const authorization = await world(rbac);
  const questions = targets(rbac);
  const rightsOf = async (user: UserInfo): Promise<Map<string, string>> => {
    const rights = new Map<string, string>();
    for (const { label, verbs, attributes } of questions) {
      const allowed: string[] = [];
      for (const verb of verbs) {
        const { decision } = await authorization.authorize({ ...attributes, user, verb });
        if (decision === "allow") allowed.push(verb);
      }
      if (allowed.length > 0) rights.set(label, allowed.length === VERBS.length ? "*" : allowed.join(" "));
    }
    return rights;
  };
  const common = await rightsOf(person("jane"));
  const parts: string[] = [];
  for (const [heading, user] of everybody()) {
    const rights = await rightsOf(user);
    const isMore = user.name !== "jane" && user.groups.includes(ALL);
    const lines = linesOf(rights, isMore ? common : new Map());
    const all = rights.size === questions.length ? ["  everything"] : lines;
    parts.push([`${heading} (${user.name})${isMore ? ", besides a plain user's rights" : ""}`, ...all].join("\n"));
  }
  authorization.close();
  return `${parts.join("\n\n")}\n`;
}

/** What is said once is not said again: rights of everybody, in every namespace, or to every object of a kind. */
function linesOf(rights: ReadonlyMap<string, string>, common: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  for (const [label, verbs] of rights) {
    if (common.get(label) === verbs) continue;
    const general = label.replace(/ "[^"]+"/, "");
    if (general !== label && (rights.get(general) === verbs || rights.get(general) === "*")) continue;
    const elsewhere = label.replace(
      / in (shop|kube-system)$/,
      (_all, namespace) => ` in ${namespace === "shop" ? "kube-system" : "shop"}`,
    );
    const isEverywhere = elsewhere !== label && rights.get(elsewhere) === verbs;
    if (isEverywhere && label.endsWith(" in shop")) continue;
    lines.push(`  ${isEverywhere ? label.replace(/ in kube-system$/, " in every namespace") : label}: ${verbs}`);
  }
  return lines;
}
