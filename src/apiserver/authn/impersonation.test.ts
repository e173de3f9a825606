import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../../api/status.ts";
import type { Authorizer } from "../authz/authorizer.ts";
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
    assert.deepEqual(await impersonate(admin, headers, authorizer), user);
    assert.deepEqual(asked, questions);
  }
});

test("is refused whole when one thing is refused", async () => {
  const { authorizer } = recorder((question) => question.endsWith("groups b"));
  await assert.rejects(
    impersonate(admin, { "impersonate-user": "jane", "impersonate-group": "a, b" }, authorizer),
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
  await assert.rejects(impersonate(admin, { "impersonate-group": "a" }, authorizer), /without impersonating a user/);
});
