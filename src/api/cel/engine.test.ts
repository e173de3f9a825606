import assert from "node:assert/strict";
import { test } from "node:test";
import type { CelType } from "./cel.ts";
import { CelCompileError, CelEvaluationError } from "./cel.ts";
import { loadCel } from "./load-cel.ts";

const cel = await loadCel();
const self: CelType = {
  kind: "object",
  name: "Widget",
  fields: {
    replicas: { kind: "integer" },
    name: { kind: "string" },
    "a-b": { kind: "string" },
    namespace: { kind: "string" },
    size: { kind: "quantity" },
    at: { kind: "timestamp" },
    tags: { kind: "list", element: { kind: "string" } },
    labels: { kind: "map", value: { kind: "string" } },
    anything: { kind: "dynamic" },
  },
};
const value = {
  replicas: 3,
  name: "web",
  "a-b": "dash",
  namespace: "default",
  size: "1Gi",
  at: "2026-01-02T03:04:05Z",
  tags: ["a", "b", "a"],
  labels: { app: "web", tier: "front" },
  anything: { x: 1, y: 1.5, list: [1, "a", null] },
};

function evaluate(expression: string): unknown {
  return cel.compile(expression, { variables: { self } }).evaluate({ self: value }).value;
}

const results: readonly (readonly [string, unknown])[] = [
  ["1 + 2 * 3", 7],
  ["-9223372036854775808 < 0", true],
  ["7 / 2", 3],
  ["-7 % 3", -1],
  ["7.0 / 2.0", 3.5],
  ["5u - 2u", 3],
  ["1 < 1.5 && 2u > 1", true],
  ["dyn(1) == 1.0", true],
  ["dyn(1) == 'a'", false],
  ["'a' + 'b' == \"ab\"", true],
  ["r'\\d' == '\\\\d'", true],
  ["'\\u00e9\\x41\\101'", "éAA"],
  ["b'\\xff' + b'a'", "/2E="],
  ["size('héllo😀')", 6],
  ["[1, 2, 3].map(x, x * 2)", [2, 4, 6]],
  ["[1, 2, 3].map(x, x > 1, x * 2)", [4, 6]],
  ["[1, 2, 3].filter(x, x > 1)", [2, 3]],
  ["[1, 2, 3].exists_one(x, x > 2)", true],
  ["{'a': 1, 'b': 2}.all(k, k in ['a', 'b'])", true],
  ["{'a': 1, 'b': 2}.transformMap(k, v, v + 1)", { a: 2, b: 3 }],
  ["{'a': 1, 'b': 2}.transformMapEntry(k, v, {v: k})", { 1: "a", 2: "b" }],
  ["[4, 5].transformList(i, v, i + v)", [4, 6]],
  ["[4, 5].exists(i, v, i == 1 && v == 5)", true],
  ["self.replicas > 2 ? 'many' : 'few'", "many"],
  ["self.a__dash__b + self.__namespace__", "dashdefault"],
  ["self.at < timestamp('2027-01-01T00:00:00Z')", true],
  ["self.at + duration('1h')", "2026-01-02T04:04:05Z"],
  ["self.at.getDayOfWeek()", 5],
  ["self.at.getHours('Europe/Berlin')", 4],
  ["timestamp('2026-01-02T03:04:05Z') - timestamp('2026-01-02T03:04:00Z')", "5s"],
  ["has(self.anything.x) && !has(self.anything.z)", true],
  ["self.anything.list[2] == null", true],
  ["type(self.anything.x) == int && type(self.anything.y) == double", true],
  ["type(1) == type(2)", true],
  ["'web' in self.labels.map(k, self.labels[k])", true],
  ["self.tags.all(t, t.matches('^[ab]$'))", true],
  ["self.?anything.?z.orValue('none')", "none"],
  ["self.labels[?'app'].hasValue()", true],
  ["[?self.labels[?'app'], ?optional.none()]", ["web"]],
  ["{?'a': optional.of(1), ?'b': optional.none()}", { a: 1 }],
  ["optional.of(2).optMap(x, x + 1).value()", 3],
  ["optional.none().optFlatMap(x, optional.of(1)).hasValue()", false],
  ["optional.of(1).or(optional.of(2)).value()", 1],
  ["false && self.anything.z == 1", false],
  ["self.anything.z == 1 || true", true],
  ["[1, 0].exists(x, 1 / x == 1)", true],
  ["string(1.5) + string(true) + string(2u) + string(1e30)", "1.5true21e+30"],
  ["int('12') + int(3.9) + int(2u)", 17],
  ["9223372036854775807", 9223372036854775807n],
  ["[[1, 2], [3]] == [[1, 2], [3]]", true],
  ["{'a': [1]} == {'a': [1]}", true],
  ["matches('abc', 'b')", true],
];

test("expressions have the values that CEL says", () => {
  for (const [expression, expected] of results) assert.deepEqual(evaluate(expression), expected, expression);
});

const anything =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const compileErrors: readonly (readonly [string, string])[] = [
  ["self.x", "1:5: undefined field 'x'\n | self.x\n | ....^"],
  ["1 + missing", "1:5: undeclared reference to 'missing' (in container '')\n | 1 + missing\n | ....^"],
  ["1 + 'a'", "1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'a'\n | ..^"],
  ["'a'.size(1)", "1:9: found no matching overload for 'size' applied to 'string.(int)'\n | 'a'.size(1)\n | ........^"],
  ["1 == 'a'", "1:3: found no matching overload for '_==_' applied to '(int, string)'\n | 1 == 'a'\n | ..^"],
  ["self.replicas.x", "1:14: type 'int' does not support field selection\n | self.replicas.x\n | .............^"],
  ["[1, 'a']", "1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^"],
  [
    "1.all(x, true)",
    "1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | 1.all(x, true)\n | ^",
  ],
  ["has(self)", "1:4: invalid argument to has() macro\n | has(self)\n | ...^"],
  ["1 +", `1:4: Syntax error: mismatched input '<EOF>' expecting ${anything}\n | 1 +\n | ...^`],
  ["1 +* 2", `1:4: Syntax error: extraneous input '*' expecting ${anything}\n | 1 +* 2\n | ...^`],
  ["(1", "1:3: Syntax error: mismatched input '<EOF>' expecting ')'\n | (1\n | ..^"],
  ["1 2", "1:3: Syntax error: extraneous input '2' expecting <EOF>\n | 1 2\n | ..^"],
  [
    "'abc",
    `1:1: Syntax error: token recognition error at: ''abc'\n | 'abc\n | ^\nERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting ${anything}\n | 'abc\n | ....^`,
  ],
  [
    "x +\n  y",
    "1:1: undeclared reference to 'x' (in container '')\n | x +\n | ^\nERROR: <input>:2:3: undeclared reference to 'y' (in container '')\n |   y\n | ..^",
  ],
];

test("what does not compile says where and why, as upstream does", () => {
  for (const [expression, message] of compileErrors) {
    assert.throws(
      () => evaluate(expression),
      (error: Error) => {
        assert.ok(error instanceof CelCompileError, `${expression}: ${error.stack}`);
        assert.equal(error.message, `compilation failed: ERROR: <input>:${message}`, expression);
        return true;
      },
    );
  }
  assert.throws(() => cel.compile("1", { variables: {}, result: { kind: "boolean" } }), {
    message: "must evaluate to bool",
  });
});

test("what fails when evaluated says so", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["1 / 0", "division by zero"],
    ["self.anything.z", "no such key: z"],
    ["[1][5]", "index out of bounds: 5"],
    ["9223372036854775807 + 1", "integer overflow"],
    ["int('x')", 'strconv.ParseInt: parsing "x": invalid syntax'],
    ["self.anything.x.matches('a')", "no such overload"],
    ["optional.none().value()", "optional.none() dereference"],
  ];
  for (const [expression, message] of cases)
    assert.throws(
      () => evaluate(expression),
      (error) => error instanceof CelEvaluationError && error.message === message,
      expression,
    );
});

test("cost stops loops", () => {
  const variables: Record<string, CelType> = { list: { kind: "list", element: { kind: "integer" } } };
  const program = cel.compile("list.all(a, list.all(b, list.all(c, a + b + c >= 0)))", { variables });
  assert.throws(
    () => program.evaluate({ list: Array.from({ length: 1000 }, (_, index) => index) }),
    (error) => error instanceof CelEvaluationError && error.isCostExceeded,
  );
});
