import { describe } from "node:test";
import { eventKind } from "../core/event.ts";
import { eventsEventKind } from "../events/event.ts";
import { roleBindingKind } from "../rbac/role-binding.ts";
import { testChange, testNew } from "../testing/kind-table.ts";
import { flowSchemaKind } from "./flow-schema.ts";
import { priorityLevelConfigurationKind } from "./priority-level-configuration.ts";

describe("flow schemas", () => {
  const user = { kind: "User", user: { name: "a" } };
  const resources = { verbs: ["get"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] };
  const of = (rule: object, spec: object = {}) => ({
    spec: { priorityLevelConfiguration: { name: "a" }, rules: [rule], ...spec },
  });
  const at = "spec.rules[0]";
  testNew(flowSchemaKind, [
    [
      "a good one",
      of({
        subjects: [user],
        resourceRules: [resources],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["/a/*"] }],
      }),
    ],
    ["no level", { spec: {} }, "spec.priorityLevelConfiguration.name: Required value: must reference a priority level"],
    [
      "subjects",
      of({
        resourceRules: [resources],
        subjects: [
          { kind: "Robot" },
          { kind: "User", user: { name: "" }, group: { name: "g" } },
          {
            kind: "ServiceAccount",
            serviceAccount: { name: "*", namespace: "" },
            user: { name: "u" },
            group: { name: "g" },
          },
        ],
      }),
      `${at}.subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"`,
      `${at}.subjects[1].user.name: Required value`,
      `${at}.subjects[1].group: Forbidden: group is forbidden when subject kind is not 'Group'`,
      `${at}.subjects[2].serviceAccount.namespace: Required value: must specify namespace for service account`,
      `${at}.subjects[2].user: Forbidden: user is forbidden when subject kind is not 'User'`,
      `${at}.subjects[2].group: Forbidden: group is forbidden when subject kind is not 'Group'`,
    ],
    [
      "a namespace that is none",
      of({ subjects: [user], resourceRules: [{ ...resources, namespaces: ["a.b"] }] }),
      `${at}.resourceRules[0].namespaces[0]: Invalid value: "a.b": each member of this list must be '*' or a DNS-1123 label; must not contain dots`,
    ],
    [
      "what is asked",
      of({
        subjects: [user],
        resourceRules: [{ verbs: ["eat"], apiGroups: ["*", "a"], resources: [], namespaces: [] }],
        nonResourceRules: [{ verbs: [], nonResourceURLs: ["a", "/a*", "/a b"] }],
      }),
      `${at}.resourceRules[0].verbs: Unsupported value: ["eat"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`,
      `${at}.resourceRules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other api groups`,
      `${at}.resourceRules[0].resources: Required value: resource rules must supply at least one resource`,
      `${at}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
      `${at}.nonResourceRules[0].verbs: Required value: verbs must contain at least one value`,
      `${at}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash`,
      `${at}.nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*": wildcard can only do suffix matching`,
      `${at}.nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a b": must not contain white-space`,
    ],
  ]);
});

describe("priority levels", () => {
  const of = (limited: object) => ({ spec: { type: "Limited", limited } });
  const queue = (queuing: object) => of({ limitResponse: { type: "Queue", queuing } });
  const at = "spec.limited.limitResponse";
  testNew(priorityLevelConfigurationKind, [
    ["a good one", queue({})],
    ["no type", { spec: {} }, 'spec.type: Unsupported value: "": supported values: "Exempt", "Limited"'],
    [
      "exempt and limited",
      { metadata: { name: "exempt" }, spec: { type: "Exempt", limited: {} } },
      "spec.limited: Forbidden: must be nil if the type is not Limited",
    ],
    [
      "exempt by another name",
      { spec: { type: "Exempt" } },
      "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
    ],
    [
      "percents",
      of({ lendablePercent: 101, borrowingLimitPercent: -1, limitResponse: { type: "Reject" } }),
      "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
      "spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer",
    ],
    [
      "a larger hand than there are queues",
      queue({ queues: 2, handSize: 3 }),
      `${at}.queuing.handSize: Invalid value: 3: should not be greater than queues (2)`,
    ],
    [
      "more than a hash can say",
      queue({ queues: 10_000, handSize: 8 }),
      `${at}.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 10000 and handSize 8 should not be greater than 60`,
    ],
  ]);
});

describe("events", () => {
  const involvedObject = { namespace: "default" };
  testNew(eventKind, [
    ["an older one", { involvedObject }],
    [
      "a newer one that says nothing",
      { involvedObject, eventTime: "2026-01-01T00:00:00.000000Z", reportingComponent: "a/b" },
      "reportingInstance: Required value",
      "action: Required value",
      "reason: Required value",
    ],
  ]);
  const event = {
    regarding: { namespace: "default" },
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "a/b",
    reportingInstance: "c",
    action: "Do",
    reason: "Done",
    type: "Normal",
  };
  testNew(eventsEventKind, [
    ["a good one", event],
    [
      "what only older ones say",
      { ...event, type: "Odd", deprecatedCount: 1, series: { count: 1 } },
      'series.count: Invalid value: "": should be at least 2',
      "series.lastObservedTime: Required value",
      'type: Invalid value: "": has invalid value: Odd',
      'count: Invalid value: "": needs to be unset',
    ],
  ]);
  testChange(eventsEventKind, [
    ["a series begins", { ...event, series: { count: 2, lastObservedTime: "2026-01-01T00:00:00.000000Z" } }, event],
    ["what it was about", { ...event, note: "b" }, event, 'message: Invalid value: "b": field is immutable'],
  ]);
});

describe("bindings", () => {
  const roleRef = { kind: "Role", name: "r" };
  testNew(roleBindingKind, [
    [
      "who and what",
      { roleRef: { kind: "Thing", name: "r" }, subjects: [{ kind: "Robot", name: "a" }] },
      'roleRef.kind: Unsupported value: "Thing": supported values: "Role", "ClusterRole"',
      'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
  ]);
  testChange(roleBindingKind, [
    [
      "another role",
      { roleRef: { ...roleRef, name: "s" } },
      { roleRef },
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"s"}: cannot change roleRef',
    ],
  ]);
});
