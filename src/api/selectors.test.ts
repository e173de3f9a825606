import assert from "node:assert/strict";
import { test } from "node:test";
import { matchesFields, parseFieldSelector } from "./field-selectors.ts";
import { parseLabelSelector, SelectorError } from "./label-selector-parser.ts";
import {
  formatLabelSelector,
  labelSelectorOf,
  matchesMap,
  matchesRequirements,
  validateLabelSelector,
} from "./selectors.ts";

const labels = { app: "web", tier: "front", in: "x", size: "7" };

const matching: readonly [string, boolean][] = [
  ["", true],
  ["app=web", true],
  ["app==web , tier = front", true],
  ["app!=web", false],
  ["absent!=web", true],
  ["app in (web, db)", true],
  ["app in (db)", false],
  ["absent in (db)", false],
  ["app notin (db)", true],
  ["absent notin (db)", true],
  ["app", true],
  ["absent", false],
  ["!absent", true],
  ["! app", false],
  ["absent=", false],
  ["absent notin ()", true],
  ["in in (x,in)", true],
  ["size>6", true],
  ["size<7", false],
  ["app,tier,!absent,app in (web),size > 1", true],
];
for (const [text, expected] of matching) {
  test(`label selector ${JSON.stringify(text)} is ${expected}`, () => {
    assert.equal(matchesRequirements(parseLabelSelector(text), labels), expected);
  });
}

const refused: readonly [string, RegExp][] = [
  ["=a", /^found '=', expected: !, identifier, or 'end of string'$/],
  ["a=b,", /^found '', expected: identifier after ','$/],
  ["a b", /^unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt$/],
  ["a in b", /^unable to parse requirement: found 'b' expected: '\('$/],
  ["a in (b", /^unable to parse requirement: found '', expected: ',' or '\)'$/],
  ["a==b=c", /^found '=', expected: ',' or 'end of string'$/],
  ["a=-b", /Invalid value: "-b": a valid label must be an empty string or consist of/],
  ["a>b", /the value must be an integer/],
  ["a>9223372036854775808", /the value must be an integer$/],
  ["!a=b", /^found '=', expected: ',' or 'end of string'$/],
  ["!a in (b)", /^found 'in', expected: ',' or 'end of string'$/],
  ["a in (b,c_,d_)", /: \[values\[1\]\[a\]: Invalid value: "c_": .*, values\[2\]\[a\]: Invalid value: "d_": .*\]$/],
  ["-a=b", /Invalid value: "-a": name part must consist of/],
];
for (const [text, message] of refused) {
  test(`label selector ${JSON.stringify(text)} is refused`, () => {
    assert.throws(
      () => parseLabelSelector(text),
      (error) => error instanceof SelectorError && message.test(error.message),
    );
  });
}

test("selector objects: absent selects nothing, empty everything", () => {
  assert.equal(labelSelectorOf(undefined)(labels), false);
  assert.equal(labelSelectorOf({})(labels), true);
  assert.equal(labelSelectorOf({ matchLabels: { app: "web" } })(labels), true);
  assert.equal(
    labelSelectorOf({ matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] })(labels),
    false,
  );
  assert.throws(() => labelSelectorOf({ matchExpressions: [{ key: "app", operator: "Near" }] }), SelectorError);
  assert.equal(matchesMap({ app: "web" }, labels), true);
  assert.equal(matchesMap({ toString: "web" }, labels), false);
});

test("selector objects print as kubectl shows them", () => {
  assert.equal(formatLabelSelector({}), "<none>");
  assert.equal(
    formatLabelSelector({
      matchLabels: { b: "c" },
      matchExpressions: [
        { key: "a", operator: "In", values: ["y", "x"] },
        { key: "z", operator: "DoesNotExist" },
      ],
    }),
    "a in (x,y),b=c,!z",
  );
});

test("selector objects are validated with upstream's words", () => {
  const errors = validateLabelSelector(
    {
      matchLabels: { "a/b/c": "-" },
      matchExpressions: [
        { key: "k", operator: "In" },
        { key: "k", operator: "Exists", values: ["v"] },
        { key: "k", operator: "Near" },
      ],
    },
    "spec.selector",
  ).map((error) => `${error.field}: ${error.message}`);
  assert.equal(errors.length, 5);
  assert.match(errors[0]!, /^spec\.selector\.matchLabels: Invalid value: "a\/b\/c": a valid label key must consist of/);
  assert.match(errors[1]!, /^spec\.selector\.matchLabels: Invalid value: "-": a valid label must be/);
  assert.equal(
    errors[2],
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  );
  assert.equal(
    errors[4],
    'spec.selector.matchExpressions[2].operator: Invalid value: "Near": not a valid selector operator',
  );
});

test("field selectors", () => {
  assert.deepEqual(parseFieldSelector("spec.nodeName=a,status.phase!=Running,x==y\\,z"), [
    { field: "spec.nodeName", operator: "=", value: "a" },
    { field: "status.phase", operator: "!=", value: "Running" },
    { field: "x", operator: "=", value: "y,z" },
  ]);
  assert.deepEqual(parseFieldSelector(""), []);
  assert.throws(() => parseFieldSelector("spec.nodeName"), /invalid selector: 'spec.nodeName'/);
  assert.throws(() => parseFieldSelector("a=b=c"), /unescaped character in value: 61$/);
  assert.throws(() => parseFieldSelector("a=b,c"), /^SelectorError: invalid selector: .a=b,c.; can.t understand .c.$/);
  assert.throws(() => parseFieldSelector("a=b\\n"), /invalid escape sequence/);
  assert.equal(
    matchesFields(parseFieldSelector("a=1,b!=2"), (field) => (field === "a" ? "1" : "3")),
    true,
  );
  assert.equal(
    matchesFields(parseFieldSelector("a!=1"), () => "1"),
    false,
  );
});
