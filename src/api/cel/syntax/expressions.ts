import { Uint } from "../evaluate/values.ts";
import type { Call, Expression } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Issues } from "./issues.ts";
import type { Token } from "./lexer.ts";
import { parseList, parseMap, parseMessage } from "./literals.ts";
import { expandMacro } from "./macros.ts";

export interface Parsing {
  readonly cursor: Cursor;
  readonly issues: Issues;
}

/** A chain of operators or selections is a deep tree too: this many levels fit the stack with room to spare. */
const longestChain = 1_000;

const reserved = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

/** Binary operators, from the loosest to the tightest. */
const levels: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

const primaryExpectation =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** `a ? b : c`, or anything tighter. */
export function parseConditional(parsing: Parsing): Expression {
  const { cursor } = parsing;
  return cursor.nested(() => {
    const condition = parseBinary(parsing, 0);
    const mark = cursor.accept("?");
    if (mark === undefined) return condition;
    const yes = parseBinary(parsing, 0);
    cursor.need(":");
    const list = [condition, yes, parseConditional(parsing)];
    return { kind: "call", offset: mark.offset, name: "_?_:_", arguments: list };
  });
}

function parseBinary(parsing: Parsing, level: number): Expression {
  const { cursor } = parsing;
  const operators = levels[level];
  if (operators === undefined) return parseUnary(parsing);
  let left = parseBinary(parsing, level + 1);
  for (let length = 1; operators.some((operator) => cursor.is(operator)); length++) {
    const operator = cursor.take();
    if (length > longestChain) cursor.fail(`expression recursion limit exceeded: ${longestChain}`);
    left = joined(operator, left, parseBinary(parsing, level + 1));
  }
  return left;
}

/** `a && b && c` becomes one node, so that a long chain is not a deep tree. */
function joined(operator: Token, left: Expression, right: Expression): Expression {
  const name = operator.text === "in" ? "@in" : `_${operator.text}_`;
  if ((name === "_&&_" || name === "_||_") && left.kind === "call" && left.name === name)
    return { ...left, arguments: [...left.arguments, right] };
  return { kind: "call", offset: operator.offset, name, arguments: [left, right] };
}

function parseUnary(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const operator = cursor.current();
  if (!cursor.is("!") && !cursor.is("-")) return parseMember(parsing, parsePrimary(parsing));
  let count = 0;
  for (; cursor.is(operator.text); count++) cursor.take();
  const next = cursor.current();
  // A minus belongs to the number that follows it: the smallest integer has no positive.
  const isNumber = operator.text === "-" && next.kind === "literal" && /^[0-9.]/.test(next.text);
  if (isNumber) count--;
  const operand = isNumber ? negativeNumber(parsing, next.offset - 1) : parsePrimary(parsing);
  const whole = parseMember(parsing, operand);
  if (count % 2 === 0) return whole;
  return { kind: "call", offset: operator.offset, name: `${operator.text}_`, arguments: [whole] };
}

function negativeNumber(parsing: Parsing, offset: number): Expression {
  return { ...literal(parsing, parsing.cursor.take(), true), offset };
}

function parsePrimary(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const token = cursor.current();
  if (token.kind === "literal") return literal(parsing, cursor.take());
  if (token.kind === "identifier" || cursor.is(".")) return parseName(parsing);
  if (cursor.accept("(")) {
    const inner = parseConditional(parsing);
    cursor.need(")");
    return inner;
  }
  if (cursor.is("[")) return parseList(parsing, parseConditional);
  if (cursor.is("{")) return parseMap(parsing, parseConditional);
  return unexpectedPrimary(cursor);
}

function unexpectedPrimary(cursor: Cursor): never {
  return cursor.unexpected(
    primaryExpectation,
    (next) => next.kind === "literal" || next.kind === "identifier" || "[{(.-!".includes(next.text),
  );
}

function literal({ cursor, issues }: Parsing, token: Token, isNegative = false): Expression {
  let value = token.value ?? null;
  if (isNegative && value instanceof Uint) unexpectedPrimary(cursor);
  if (isNegative && typeof value === "number") value = -value;
  if (typeof value === "bigint") {
    if (isNegative) value = -value;
    if (value !== BigInt.asIntN(64, value)) issues.report(token.offset, "invalid int literal");
  }
  return { kind: "literal", offset: token.offset, value };
}

function parseName(parsing: Parsing): Expression {
  const { cursor } = parsing;
  const dot = cursor.accept(".");
  const isName = (token: Token) => token.kind === "identifier";
  const token = isName(cursor.current()) ? cursor.take() : cursor.unexpected("IDENTIFIER", isName);
  if (reserved.has(token.text)) cursor.fail(`reserved identifier: ${token.text}`, token.offset);
  const open = cursor.accept("(");
  if (open !== undefined) return parseCall(parsing, { offset: open.offset, name: token.text });
  return { kind: "identifier", offset: token.offset, name: dot === undefined ? token.text : `.${token.text}` };
}

function parseCall(parsing: Parsing, of: { offset: number; name: string; target?: Expression }): Expression {
  const { cursor, issues } = parsing;
  const list: Expression[] = [];
  while (!cursor.is(")")) {
    list.push(parseConditional(parsing));
    if (!cursor.accept(",")) break;
  }
  cursor.need(")");
  const call: Call = { kind: "call", ...of, arguments: list };
  return expandMacro(call, issues) ?? call;
}

/** What follows an operand: `.field`, `.call()`, `[index]`, `{fields}`. */
function parseMember(parsing: Parsing, start: Expression): Expression {
  const { cursor } = parsing;
  let operand = start;
  for (let length = 1; ; length++) {
    if (length > longestChain) cursor.fail(`expression recursion limit exceeded: ${longestChain}`);
    if (cursor.is(".")) operand = parseSelection(parsing, operand);
    else if (cursor.is("[")) operand = parseIndex(parsing, operand);
    else {
      const name = cursor.is("{") ? messageName(operand) : undefined;
      if (name === undefined) return operand;
      operand = parseMessage(parsing, name, parseConditional);
    }
  }
}

function parseSelection(parsing: Parsing, operand: Expression): Expression {
  const { cursor } = parsing;
  const dot = cursor.take();
  const isOptional = cursor.accept("?") !== undefined;
  const isField = (token: Token) => token.kind === "identifier" || token.kind === "quotedField";
  const token = isField(cursor.current()) ? cursor.take() : cursor.unexpected("IDENTIFIER", isField);
  const field = token.kind === "quotedField" ? token.text.slice(1, -1) : token.text;
  if (isOptional) {
    const key: Expression = { kind: "literal", offset: token.offset, value: field };
    return { kind: "call", offset: dot.offset, name: "_?._", arguments: [operand, key] };
  }
  const open = token.kind === "identifier" ? cursor.accept("(") : undefined;
  if (open !== undefined) return parseCall(parsing, { offset: open.offset, name: field, target: operand });
  return { kind: "select", offset: dot.offset, operand, field, testOnly: false };
}

function parseIndex(parsing: Parsing, operand: Expression): Expression {
  const { cursor } = parsing;
  const open = cursor.take();
  const name = cursor.accept("?") === undefined ? "_[_]" : "_[?_]";
  const key = parseConditional(parsing);
  cursor.need("]");
  return { kind: "call", offset: open.offset, name, arguments: [operand, key] };
}

function messageName(expression: Expression): string | undefined {
  if (expression.kind === "identifier") return expression.name;
  if (expression.kind !== "select" || expression.testOnly) return undefined;
  const owner = messageName(expression.operand);
  return owner === undefined ? undefined : `${owner}.${expression.field}`;
}
