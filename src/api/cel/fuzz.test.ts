import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../base/clock.ts";
import { CelCompileError, CelEvaluationError } from "./cel.ts";
import { loadCel } from "./load-cel.ts";

const cel = await loadCel();
const longestMs = 5_000;
const runs = Number(process.env.WHERRY_FUZZ_RUNS ?? 3_000);

const variables = {
  self: { kind: "dynamic" },
  list: { kind: "list", element: { kind: "integer" } },
  text: { kind: "string" },
  map: { kind: "map", value: { kind: "dynamic" } },
} as const;
const values = {
  self: { a: [1, "x", null, { b: 2.5 }], __proto__: 1, constructor: {} },
  list: Array.from({ length: 300 }, (_, index) => index),
  text: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".repeat(20),
  map: { x: 1, y: [1, 2] },
};

const leaves = fc.constantFrom(
  ..."self list text map x y 1 -1 0 2u 1.5 9223372036854775807 'a' '(a+)+$' b'\\xff' null true false [] {} [1] {'a':1} duration('1h') timestamp('2026-01-01T00:00:00Z') self.a self.__proto__ optional.none()".split(
    " ",
  ),
);
const binary = fc.constantFrom(..."+ - * / % == != < <= > >= && || in".split(" "));
const methods = fc.constantFrom(
  ..."size contains matches startsWith split join replace substring indexOf format find findAll trim charAt sum min max isSorted hasValue value orValue or getHours reverse validate lowerAscii".split(
    " ",
  ),
);
const functions = fc.constantFrom(
  ..."size int uint double string bytes bool type dyn timestamp duration url ip cidr quantity semver isIP optional.of sets.contains strings.quote".split(
    " ",
  ),
);
const macros = fc.constantFrom(..."all exists exists_one existsOne map filter optMap optFlatMap".split(" "));
const doubles = fc.constantFrom(..."all exists existsOne transformList transformMap transformMapEntry".split(" "));

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie("expression");
  return {
    expression: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      leaves,
      fc.tuple(inner, binary, inner).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc
        .tuple(inner, methods, fc.array(inner, { maxLength: 2 }))
        .map(([a, method, list]) => `${a}.${method}(${list.join(", ")})`),
      fc.tuple(functions, fc.array(inner, { maxLength: 2 })).map(([name, list]) => `${name}(${list.join(", ")})`),
      fc.tuple(inner, macros, inner).map(([a, macro, b]) => `${a}.${macro}(x, ${b})`),
      fc.tuple(inner, doubles, inner).map(([a, macro, b]) => `${a}.${macro}(x, y, ${b})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(inner, inner).map(([a, b]) => `${a}[${b}]`),
      fc.tuple(inner, fc.constantFrom("a", "?a", "__proto__", "toString")).map(([a, field]) => `${a}.${field}`),
      fc.array(inner, { maxLength: 3 }).map((list) => `[${list.join(", ")}]`),
      fc.tuple(inner, inner).map(([a, b]) => `{${a}: ${b}}`),
    ),
  };
});

/** Compiles and evaluates. Any failure but the two that the seam promises is a crash. */
function tryExpression(text: string): "compiled" | "refused" {
  const start = systemClock.monotonic();
  try {
    const program = cel.compile(text, { variables, mutations: true });
    assert.ok(program.estimatedCost >= 0);
    const result = program.evaluate(values, { cost: 100_000 });
    JSON.stringify(result.value, (_, value) => (typeof value === "bigint" ? String(value) : value));
    return "compiled";
  } catch (error) {
    if (error instanceof CelCompileError) return "refused";
    assert.ok(error instanceof CelEvaluationError, `${text}: ${error instanceof Error ? error.stack : String(error)}`);
    return "compiled";
  } finally {
    const took = systemClock.monotonic() - start;
    assert.ok(took < longestMs, `${text} took ${took} ms`);
  }
}

test("no expression crashes or hangs", () => {
  let compiled = 0;
  fc.assert(
    fc.property(expression, (text) => {
      if (tryExpression(text) === "compiled") compiled++;
    }),
    { numRuns: runs },
  );
  assert.ok(compiled > runs / 50, `only ${compiled} of ${runs} compiled`);
});

test("no text crashes or hangs the compiler", () => {
  const letters = fc.constantFrom(...`.,()[]{}?:!-+*/%&|=<>"'\\\`bru0x19.eE_ inaself\n\t\u{1f600}`);
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: letters, maxLength: 60 }), fc.string({ unit: "binary", maxLength: 40 })),
      (text) => {
        tryExpression(text);
      },
    ),
    { numRuns: runs },
  );
});

test("expressions that are made to be too much end", () => {
  const deep = (open: string, close: string, count: number) => `${open.repeat(count)}1${close.repeat(count)}`;
  const worst = [
    deep("(", ")", 50_000),
    deep("[", "]", 50_000),
    deep("!", "", 99_000),
    deep("-", "", 99_000),
    `1${" + 1".repeat(20_000)}`,
    `true${" && true".repeat(10_000)}`,
    `self${".a".repeat(40_000)}`,
    `'${"a".repeat(99_000)}'`,
    '"""'.repeat(30_000),
    "'".repeat(99_999),
    `${"list.all(a, ".repeat(100)}true${")".repeat(100)}`,
    "list.map(a, list.map(b, list.map(c, text + text)))",
    `optional.of(text)${".optMap(x, x + x)".repeat(60)}`,
    `optional.of(list)${".optMap(x, x + x)".repeat(60)}`,
    `optional.of([1])${".optMap(x, [x, x])".repeat(60)} == optional.of([1])`,
    "text.replace('', text).replace('', text).replace('', text).replace('', text)",
    "text.split('').map(x, text).join(text).split('').join(text)",
    "text.matches('((a{100}){100}){100}')",
    `text.matches('${"(".repeat(2_000)}a${")*".repeat(2_000)}')`,
    "'%.999999999f'.format([1.5])",
    "list.all(a, list.all(b, [self, self, list] == [self, self, list]))",
    "list.map(a, list.map(b, list + list + list))",
    "list.all(a, list.all(b, '%s%s'.format([list, text]) != ''))",
    "list.all(a, list.all(b, sets.equivalent(list, list)))",
    "list.all(a, list.all(b, 'a'.replace('a', text) != ''))",
    "duration('9999999999999999h')",
    "x".repeat(200_000),
  ];
  for (const text of worst) tryExpression(text);
});
