import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceAttributes } from "../../api/generated/authorization.k8s.io/v1.ts";
import type { AuthorizationAttributes, Authorizer } from "./authorizer.ts";
import { reviewSubjectAccess } from "./reviews.ts";

function recorder(): { asked: AuthorizationAttributes[]; authorizer: Authorizer } {
  const asked: AuthorizationAttributes[] = [];
  const authorizer: Authorizer = {
    name: "recorder",
    authorize(attributes) {
      asked.push(attributes);
      return { decision: "deny", reason: "because" };
    },
  };
  return { asked, authorizer };
}

const review = (resourceAttributes: ResourceAttributes, authorizer: Authorizer) =>
  reviewSubjectAccess({ spec: { user: "jo", resourceAttributes } }, authorizer);

test("selectors of a question reach who decides", async () => {
  const cases: [ResourceAttributes, string, string, string | undefined][] = [
    [
      {
        fieldSelector: { requirements: [{ key: "spec.nodeName", operator: "In", values: ["a,b"] }] },
        labelSelector: {
          requirements: [
            { key: "app", operator: "NotIn", values: ["x", "y"] },
            { key: "old", operator: "Exists" },
          ],
        },
      },
      "spec.nodeName=a\\,b",
      "app notin (x,y),old",
      undefined,
    ],
    [{ fieldSelector: { rawSelector: "a!=b" }, labelSelector: { rawSelector: "c=d" } }, "a!=b", "c=d", undefined],
    [
      {
        fieldSelector: { requirements: [{ key: "a", operator: "In", values: ["b", "c"] }] },
        labelSelector: {
          requirements: [
            { key: "a", operator: "Near", values: ["b"] },
            { key: "c", operator: "Exists" },
          ],
        },
      },
      "",
      "c",
      "spec.resourceAttributes.fieldSelector ignored due to parse error; spec.resourceAttributes.labelSelector partially ignored due to parse error",
    ],
    [
      { labelSelector: { rawSelector: "((" } },
      "",
      "((",
      "spec.resourceAttributes.labelSelector ignored due to parse error",
    ],
  ];
  for (const [attributes, fieldSelector, labelSelector, evaluationError] of cases) {
    const { asked, authorizer } = recorder();
    const { status } = await review({ verb: "list", resource: "pods", ...attributes }, authorizer);
    assert.deepEqual([asked[0]?.fieldSelector, asked[0]?.labelSelector], [fieldSelector, labelSelector]);
    assert.deepEqual([status?.allowed, status?.denied, status?.reason], [false, true, "because"]);
    assert.equal(status?.evaluationError, evaluationError);
  }
});

test("selectors that are no good", async () => {
  const one = { key: "a", operator: "In", values: ["b"] };
  const path = "spec\\.resourceAttributes";
  const cases: [ResourceAttributes, RegExp][] = [
    [{ fieldSelector: {} }, new RegExp(`${path}\\.fieldSelector\\.requirements: Required value: when .* is specified`)],
    [
      { fieldSelector: { rawSelector: "a=b", requirements: [one] } },
      /may not specified at the same time as requirements/,
    ],
    [
      { labelSelector: { requirements: [{ ...one, values: [] }] } },
      /values: Required value: must be specified when `operator` is 'In' or 'NotIn'/,
    ],
    [
      { labelSelector: { requirements: [{ ...one, operator: "Exists" }] } },
      /values: Forbidden: may not be specified when/,
    ],
    [
      { labelSelector: { requirements: [{ ...one, values: ["?"] }] } },
      /requirements\[0\]\.values\[0\]: Invalid value: "\?"/,
    ],
    [{ labelSelector: { requirements: [{ ...one, key: "" }] } }, /key: Invalid value: "": name part must be non-empty/],
    [{ labelSelector: { requirements: [{ ...one, key: "a b" }] } }, /requirements\[0\]\.key: Invalid value: "a b"/],
    [
      { fieldSelector: { requirements: [{ ...one, key: "" }] } },
      /requirements\[0\]\.key: Required value: must be specified/,
    ],
  ];
  for (const [attributes, message] of cases) {
    await assert.rejects(review({ verb: "list", resource: "pods", ...attributes }, recorder().authorizer), message);
  }
});
