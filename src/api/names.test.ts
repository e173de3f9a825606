import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConditionLike, isConditionTrue, setCondition } from "./conditions.ts";
import { scaledValue } from "./int-or-string.ts";
import * as names from "./names.ts";

type Rule = (value: string) => string[];
const cases: readonly [string, Rule, readonly string[], readonly string[]][] = [
  ["dnsLabel", names.dnsLabelErrors, ["a", "a-1", "1a"], ["", "A", "a.b", "-a", "a-", "a_b", "a".repeat(64)]],
  ["dnsSubdomain", names.dnsSubdomainErrors, ["a", "a.b-c.1"], ["", "a..b", "A.b", ".a", "a".repeat(254)]],
  ["dns1035Label", names.dns1035LabelErrors, ["a", "a-1"], ["1a", "", "a."]],
  ["wildcardDns", names.wildcardDnsErrors, ["*.a.b"], ["a.b", "*", "*.", "*.*.a"]],
  ["qualifiedName", names.qualifiedNameErrors, ["a", "A.b_c", "x.io/y"], ["", "a/", "/a", "a/b/c", "A/b", "-a"]],
  ["labelValue", names.labelValueErrors, ["", "a", "A_b.c"], ["-", "a b", "a".repeat(64)]],
  ["pathSegment", names.pathSegmentErrors, ["a:b", "..."], [".", "..", "a/b", "a%b", "a\0", "\ud800"]],
  ["configMapKey", names.configMapKeyErrors, ["a", ".a", "A-b_c."], ["", ".", "..", "..a", "a/b"]],
  ["environmentName", names.environmentNameErrors, ["a", "A B", "1-x.y"], ["", "a=b", "é"]],
  ["portName", names.portNameErrors, ["http", "h-1"], ["", "1", "a--b", "-a", "a-", "A", "abcdefghijklmnop"]],
  ["httpHeader", names.httpHeaderErrors, ["X-A"], ["", "a b"]],
  ["percent", names.percentErrors, ["0%", "120%"], ["", "%", "1.5%", "-1%"]],
  ["cIdentifier", names.cIdentifierErrors, ["_a1"], ["1a", "a-b"]],
];
for (const [name, rule, good, bad] of cases) {
  test(`${name} accepts and refuses`, () => {
    for (const value of good) assert.deepEqual(rule(value), [], value);
    for (const value of bad) assert.notDeepEqual(rule(value), [], value);
  });
}

test("messages are upstream's", () => {
  assert.deepEqual(names.dnsLabelErrors("a.b"), ["must not contain dots"]);
  assert.deepEqual(names.dnsSubdomainErrors("Web"), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.deepEqual(names.labelValueErrors("a b"), [
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ]);
  assert.deepEqual(names.environmentNameErrors("a=b"), [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ]);
  assert.deepEqual(names.dnsLabelErrors("a".repeat(64)), ["must be no more than 63 characters"]);
  assert.deepEqual(names.labelValueErrors("a".repeat(64)), ["must be no more than 63 bytes"]);
  assert.deepEqual(names.qualifiedNameErrors(`${"a".repeat(254)}/${"b".repeat(64)}`), [
    "prefix part must be no more than 253 bytes",
    "name part must be no more than 63 bytes",
  ]);
  assert.match(names.qualifiedNameErrors("a/b/c")[0]!, /^a valid label key must consist of /);
  assert.deepEqual(names.portNumberErrors(0), ["must be between 1 and 65535, inclusive"]);
});

test("a share of a total rounds up or down", () => {
  assert.equal(scaledValue("25%", 3, "up"), 1);
  assert.equal(scaledValue("25%", 3, "down"), 0);
  assert.equal(scaledValue(2, 3, "up"), 2);
  assert.throws(() => scaledValue("two", 3, "up"));
});

test("a condition's transition time moves with its status only", () => {
  const before = setCondition<ConditionLike>(undefined, { type: "Ready", status: "False", reason: "A" }, "t1");
  assert.deepEqual(before, [{ type: "Ready", status: "False", reason: "A", lastTransitionTime: "t1" }]);
  assert.equal(setCondition(before, { type: "Ready", status: "False", reason: "A" }, "t2"), before);
  const reworded = setCondition(before, { type: "Ready", status: "False", reason: "B" }, "t2");
  assert.deepEqual(reworded, [{ type: "Ready", status: "False", reason: "B", lastTransitionTime: "t1" }]);
  const after = setCondition(reworded, { type: "Ready", status: "True", reason: "B" }, "t3");
  assert.equal(after[0]!.lastTransitionTime, "t3");
  assert.equal(isConditionTrue(after, "Ready"), true);
});
