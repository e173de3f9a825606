import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../api/status.ts";
import type { AuthorizationAttributes, Authorizer } from "../authz/authorizer.ts";
import type { UserInfo } from "./authenticator.ts";
import { impersonate } from "./impersonation.ts";

const admin = { name: "root", groups: [] };

function recorder(refuse: (question: string) => boolean = () => false): { authorizer: Authorizer; asked: string[] } {
  const asked: string[] = [];
  const authorizer: Authorizer = {
    name: "recorder",
    authorize(attributes) {
      const { verb, group, resource, subresource, namespace, name } = attributes;
      const question = `${verb} ${group}/${resource}${subresource && `/${subresource}`} ${namespace && `${namespace}/`}${name}`;
      asked.push(question);
      return refuse(question) ? { decision: "noOpinion", reason: "because" } : { decision: "allow", reason: "" };
    },
  };
  return { authorizer, asked };
}

test("acts as somebody else, one question for each thing", async () => {
  const cases: [Record<string, string | string[]>, unknown, string[]][] = [
    [{}, undefined, []],
    [{ "impersonate-user": "jane" }, { name: "jane", groups: ["system:authenticated"] }, ["impersonate /users jane"]],
    [
      { "impersonate-user": "jane", "impersonate-group": "a, b" },
      { name: "jane", groups: ["a", "b", "system:authenticated"] },
      ["impersonate /users jane", "impersonate /groups a", "impersonate /groups b"],
    ],
    [
      { "impersonate-user": "system:serviceaccount:shop:builder" },
      {
        name: "system:serviceaccount:shop:builder",
        groups: ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
      },
      ["impersonate /serviceaccounts shop/builder"],
    ],
    [
      { "impersonate-user": "system:anonymous" },
      { name: "system:anonymous", groups: ["system:unauthenticated"] },
      ["impersonate /users system:anonymous"],
    ],
    [
      { "impersonate-user": "jane", "impersonate-uid": "7", "impersonate-extra-acme.com%2Fproject": ["x", "y"] },
      { name: "jane", uid: "7", groups: ["system:authenticated"], extra: { "acme.com/project": ["x", "y"] } },
      [
        "impersonate /users jane",
        "impersonate authentication.k8s.io/uids 7",
        "impersonate authentication.k8s.io/userextras/acme.com/project x",
        "impersonate authentication.k8s.io/userextras/acme.com/project y",
      ],
    ],
  ];
  for (const [headers, user, questions] of cases) {
    const { authorizer, asked } = recorder();
    assert.deepEqual(await impersonate(admin, headers, { authorizer }), user && { user });
    assert.deepEqual(asked, questions);
  }
});

test("is refused whole when one thing is refused", async () => {
  const { authorizer } = recorder((question) => question.endsWith("groups b"));
  await assert.rejects(
    impersonate(admin, { "impersonate-user": "jane", "impersonate-group": "a, b" }, { authorizer }),
    (error) => {
      assert.ok(error instanceof StatusError);
      assert.equal(error.code, 403);
      assert.equal(
        error.message,
        'groups "b" is forbidden: User "root" cannot impersonate resource "groups" in API group "" at the cluster scope: because',
      );
      return true;
    },
  );
});

test("groups need a user", async () => {
  const { authorizer } = recorder();
  await assert.rejects(
    impersonate(admin, { "impersonate-group": "a" }, { authorizer }),
    /without impersonating a user name/,
  );
  await assert.rejects(
    impersonate(admin, { "impersonate-uid": "7", "impersonate-extra-b": "x" }, { authorizer }),
    (error: Error) => {
      const extra = 'map[string][]string{"b":[]string{"x"}}';
      const wish = `&user.DefaultInfo{Name:"", UID:"7", Groups:[]string(nil), Extra:${extra}}`;
      assert.equal(error.message, `requested ${wish} without impersonating a user name`);
      return true;
    },
  );
});

test("nobody is anonymous and known", async () => {
  const { authorizer } = recorder();
  const headers = { "impersonate-user": "system:anonymous", "impersonate-group": "system:authenticated" };
  const got = await impersonate(admin, headers, { authorizer });
  assert.deepEqual(got?.user.groups, ["system:authenticated", "system:unauthenticated"]);
});

const listPods: AuthorizationAttributes = {
  user: admin,
  verb: "list",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "shop",
  name: "",
  path: "",
};

test("for some requests only: a right for the request, and one for whom it is made as", async () => {
  const agent = {
    name: "system:serviceaccount:kube-system:agent",
    groups: [],
    extra: { "authentication.kubernetes.io/node-name": ["n1"] },
  };
  const account = "system:serviceaccount:shop:builder";
  const cases: [string, UserInfo, Record<string, string>, string[]][] = [
    [
      "a user",
      admin,
      { "impersonate-user": "jane", "impersonate-group": "dev" },
      [
        "impersonate-on:user-info:list /pods shop/",
        "impersonate:user-info authentication.k8s.io/users jane",
        "impersonate:user-info authentication.k8s.io/groups dev",
      ],
    ],
    [
      "an account",
      admin,
      { "impersonate-user": account },
      [
        "impersonate-on:serviceaccount:list /pods shop/",
        "impersonate:serviceaccount authentication.k8s.io/serviceaccounts shop/builder",
      ],
    ],
    [
      "a node",
      admin,
      { "impersonate-user": "system:node:n1" },
      ["impersonate-on:arbitrary-node:list /pods shop/", "impersonate:arbitrary-node authentication.k8s.io/nodes n1"],
    ],
    [
      "one's own node",
      agent,
      { "impersonate-user": "system:node:n1" },
      ["impersonate-on:associated-node:list /pods shop/", "impersonate:associated-node authentication.k8s.io/nodes *"],
    ],
    [
      "another's node",
      agent,
      { "impersonate-user": "system:node:n2" },
      ["impersonate-on:arbitrary-node:list /pods shop/", "impersonate:arbitrary-node authentication.k8s.io/nodes n2"],
    ],
  ];
  for (const [name, requestor, headers, questions] of cases) {
    const { authorizer, asked } = recorder();
    const got = await impersonate(requestor, headers, { authorizer, request: { ...listPods, user: requestor } });
    assert.equal(got?.constraint, questions[1]!.split(" ")[0], name);
    assert.deepEqual(asked, questions, name);
  }
});

test("who may not for this request may still by the right for all, and the first refusal is told", async () => {
  const request = listPods;
  const legacyOnly = recorder((question) => !question.startsWith("impersonate /"));
  const jane = await impersonate(admin, { "impersonate-user": "jane" }, { authorizer: legacyOnly.authorizer, request });
  assert.equal(jane?.user.name, "jane");
  assert.equal(jane.constraint, undefined);
  const node = await impersonate(
    admin,
    { "impersonate-user": "system:node:n1" },
    { authorizer: recorder().authorizer, request },
  );
  assert.deepEqual(node?.user.groups, ["system:nodes", "system:authenticated"]);
  const { authorizer } = recorder(() => true);
  await assert.rejects(
    impersonate(admin, { "impersonate-user": "jane" }, { authorizer, request }),
    /User "root" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "shop"/,
  );
  const masters = { "impersonate-user": "jane", "impersonate-group": "system:masters" };
  const noLegacy = recorder((question) => question.startsWith("impersonate /"));
  await assert.rejects(
    impersonate(admin, masters, { authorizer: noLegacy.authorizer, request }),
    /impersonating the system:masters group is not allowed/,
  );
});
