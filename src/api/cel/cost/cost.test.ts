import assert from "node:assert/strict";
import { test } from "node:test";
import type { CelType } from "../cel.ts";
import { loadCel } from "../load-cel.ts";

const cel = await loadCel();

/**
 * Expression, estimate, and cost when evaluated: what upstream's environment of 1.36 gives, which evaluates what is
 * constant before it counts.
 */
const known: readonly (readonly [string, number, number])[] = [
  ["[1, 2, 3, 4, 5].sum()", 15, 5],
  ["[uint(1), uint(2), uint(3), uint(4), uint(5)].sum()", 20, 5],
  ["[1, 2, 3, 4, 5].isSorted()", 15, 5],
  ["['012345678901', '012345678901'].max()", Number.POSITIVE_INFINITY, 2],
  ["'01234567890123456789012345678901234567890123456789'.indexOf('123')", 5, 5],
  ["url('https:://kubernetes.io/').getScheme()", 4, 4],
  ["url('https:://kubernetes.io/') == url('https:://kubernetes.io/')", 9, 7],
  ["ip('192.168.0.1')", 2, 2],
  ["ip('2001:db8:3333:4444:5555:6666:7777:8888').family()", 5, 5],
  ["ip.isCanonical('2001:db8::abcd')", 3, 3],
  ["cidr('192.168.0.0/16').masked()", 3, 3],
  ["cidr('192.168.0.0/16').containsIP('192.168.0.1')", 8, 5],
  ["cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24'))", 11, 7],
  ["true && false", 0, 0],
  ["1 + 2", 1, 1],
  ["'abc' == 'abc'", 1, 1],
  ["quantity('10Mi') == quantity('10Mi')", 3, 3],
  ["quantity('10Mi').add(quantity('10k')).isGreaterThan(quantity('1'))", 5, 5],
  ["semver('1234.56789012345.67890123456789')", 4, 4],
  ["isSemver('')", 0, 0],
  ["format.dns1123Label().validate('contains a space')", 65, 17],
  ["format.named('dns1123Label').value().validate('my-name')", 34, 10],
  ["[1, 2, 3].slice(0, 2)", 23, 13],
  ["[[1], [2, 3]].flatten()", 43, 13],
  ["[3, 1, 2].sort()", 39, 29],
  ["['b', 'a'].sort()", 30, 19],
  ["[3, 1, 2].sortBy(x, -x)", 104, 74],
  ["[1, 1, 2].distinct()", 39, 29],
  ["[1, 2, 3].reverse()", 24, 14],
  ["lists.range(4)", 15, 15],
  ["['a', 'b'].join(',')", Number.POSITIVE_INFINITY, 1],
  ["'a,b'.split(',')", 1, 1],
  ["sets.contains([1, 2], [1])", 23, 3],
  ["[1, 2, 3].all(x, x > 0)", 26, 16],
  ["{'a': 1}.transformMap(k, v, v + 1)", 66, 6],
  ["authorizer.group('').resource('pods').fieldSelector('spec.nodeName=x')", 415, 415],
];

const authorizer = { check: () => ({ allowed: true, reason: "" }) };

test("known expressions cost what upstream says", () => {
  for (const [expression, estimated, actual] of known) {
    const program = cel.compile(expression, { variables: { authorizer: { kind: "authorizer" } } });
    assert.equal(program.estimatedCost, estimated, `estimate of ${expression}`);
    assert.equal(program.evaluate({ authorizer }).cost, actual, `cost of ${expression}`);
  }
});

/** What is computed for a failure that something else makes up for is counted as upstream counts it. */
const failing: readonly (readonly [string, number])[] = [
  ["m.x == 1 || true", 2 + 1],
  ["m['x']['y'] == 1 || true", 2 + 1],
  ["m.x + n > 1 || true", 2 + 1 + 1 + 1],
  ["n > 1 || n + m.x > 1 || true", 2 + (1 + 2 + 1 + 1)],
  ["[m.x, n].size() > 0 || true", 2 + 10 + 1 + 1],
  ["{'a': m.x}.size() > 0 || true", 2 + 30 + 1 + 1],
  ["1 / (n - n) > 0 || true", 1 + 1 + 1 + 1 + 1],
  ["string(m.x).startsWith('a') || true", 2 + 1 + 1],
  ["[1, 2, 3].map(i, m.x).size() == 3 || true", 3 * (12 + 2) + 1 + 1 + 1],
  ["[1, 2, 3].all(i, m.x) || true", 3 * (3 + 2) + 1],
  ["[1, 2, 3].exists_one(i, m.x) || true", 3 * 2 + 2],
];

test("failures that are made up for cost what upstream says", () => {
  for (const [expression, actual] of failing) {
    const program = cel.compile(expression, { variables: { m: { kind: "dynamic" }, n: { kind: "integer" } } });
    const { value, cost } = program.evaluate({ m: {}, n: 1 });
    assert.deepEqual([value, cost], [true, actual], expression);
  }
});

const bounded: CelType = {
  kind: "object",
  name: "Widget",
  fields: {
    names: { kind: "list", element: { kind: "string", maximumLength: 100 }, maximumLength: 10 },
    open: { kind: "list", element: { kind: "string" } },
    name: { kind: "string", maximumLength: 20 },
    labels: { kind: "map", value: { kind: "string", maximumLength: 5 }, maximumLength: 3 },
  },
};

test("estimates follow declared lengths, and are unbounded without them", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["self.name.startsWith('abc')", 3],
    ["self.name == 'x'", 3],
    ["self.names.all(n, true)", 2 + 1 + 10 * 3],
    ["self.names.all(n, n.contains('a'))", 2 + 1 + 10 * (3 + 1 + 10)],
    ["self.names.all(a, self.names.all(b, a == b))", 2 + 1 + 10 * (3 + 2 + 1 + 10 * (3 + 2 + 10))],
    ["self.labels.all(k, self.labels[k] == 'abcdef')", 2 + 1 + 3 * (3 + 4 + 1)],
    ["has(self.name) ? self.name.size() : 1 + 1 + 1 + 1 + 1", 1 + 4],
    ["self == self", 2],
    ["quantity(self.name) == quantity(self.name)", 2 * (1 + 1 + 2) + 1],
    ["self.open.all(n, true)", Number.POSITIVE_INFINITY],
  ];
  for (const [expression, estimated] of cases)
    assert.equal(cel.compile(expression, { variables: { self: bounded } }).estimatedCost, estimated, expression);
});

test("what an evaluation costs never exceeds its estimate", () => {
  const self = { names: ["a".repeat(100), "b"], name: "x".repeat(20), labels: { a: "12345" } };
  for (const expression of [
    "self.names.map(n, n + self.name).join(',').contains(self.name)",
    "self.names.filter(n, n.matches('^a+$')).size() == 1",
    "self.names.exists_one(n, n.startsWith('b')) && self.labels.exists(k, self.labels[k].size() > 3)",
    "self.name.replace('x', 'yy').split('').size() > 1",
    "self.?name.orValue('').upperAscii() == 'X'",
  ]) {
    const program = cel.compile(expression, { variables: { self: bounded } });
    const { cost } = program.evaluate({ self });
    assert.ok(cost > 0 && cost <= program.estimatedCost, `${expression}: ${cost} of ${program.estimatedCost}`);
  }
});
