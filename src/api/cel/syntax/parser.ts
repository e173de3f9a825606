import { Uint } from "../evaluate/values.ts";
import type { Call, Expression, MapLiteral, Message } from "./ast.ts";
import type { Issues } from "./issues.ts";
import type { Token } from "./lexer.ts";
import { tokenize } from "./lexer.ts";
import { expandMacro } from "./macros.ts";

/** Upstream's limits: code points of an expression, and how deep it may nest. */
const longestExpression = 100_000;
const deepest = 250;
/** A chain of operators or selections is a deep tree too: this many levels fit the stack with room to spare. */
const longestChain = 1_000;

const reserved = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

const levels: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

const operatorNames: Readonly<Record<string, string>> = { in: "@in" };

class SyntaxFailure extends Error {}

/** Parses one expression, or reports why it is none and gives nothing. */
export function parseExpression(issues: Issues): Expression | undefined {
  if ([...issues.source].length > longestExpression) {
    issues.report(
      0,
      `expression code point size exceeds limit: size: ${issues.source.length}, limit ${longestExpression}`,
    );
    return undefined;
  }
  const tokens = tokenize(issues);
  if (!issues.isEmpty) return undefined;
  try {
    const parser = createParser(tokens, issues);
    const expression = parser.expression();
    parser.end();
    return issues.isEmpty ? expression : undefined;
  } catch (error) {
    if (error instanceof SyntaxFailure) return undefined;
    throw error;
  }
}

interface Parser {
  expression(): Expression;
  end(): void;
}

const primaryExpectation =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function createParser(tokens: readonly Token[], issues: Issues): Parser {
  let at = 0;
  let depth = 0;
  const current = () => tokens[at] as Token;
  const is = (text: string) => current().kind === "symbol" && current().text === text;
  const take = () => tokens[at++] as Token;
  const accept = (text: string) => (is(text) ? take() : undefined);
  const fail = (message: string, offset = current().offset): never => {
    issues.report(offset, message);
    throw new SyntaxFailure();
  };
  const unexpected = (expected: string) =>
    fail(`Syntax error: mismatched input '${current().text}' expecting ${expected}`);
  const need = (text: string): Token => (is(text) ? take() : unexpected(`'${text}'`));

  function expression(): Expression {
    if (++depth > deepest) fail(`expression recursion limit exceeded: ${deepest}`);
    const condition = binary(0);
    const mark = accept("?");
    let result = condition;
    if (mark !== undefined) {
      const yes = binary(0);
      need(":");
      result = { kind: "call", offset: mark.offset, name: "_?_:_", arguments: [condition, yes, expression()] };
    }
    depth--;
    return result;
  }

  function binary(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return unary();
    let left = binary(level + 1);
    let length = 0;
    while (current().kind === "symbol" && operators.includes(current().text)) {
      const operator = take();
      if (++length > longestChain) fail(`expression recursion limit exceeded: ${longestChain}`);
      left = joined(operator, left, binary(level + 1));
    }
    return left;
  }

  function unary(): Expression {
    const operator = current();
    if (is("!") || is("-")) {
      let count = 0;
      while (is(operator.text)) {
        take();
        count++;
      }
      const next = current();
      if (operator.text === "-" && next.kind === "literal" && /^[0-9.]/.test(next.text)) {
        take();
        const negative = literal(next, true);
        const operand = member(negative);
        return count % 2 === 0 ? negation("-_", operator.offset, operand) : operand;
      }
      const operand = member(primary());
      return count % 2 === 0 ? operand : negation(`${operator.text}_`, operator.offset, operand);
    }
    return member(primary());
  }

  function literal(token: Token, isNegative = false): Expression {
    let value = token.value ?? null;
    if (isNegative && typeof value === "number") value = -value;
    if (isNegative && value instanceof Uint) unexpected(primaryExpectation);
    if (typeof value === "bigint") {
      if (isNegative) value = -value;
      if (value !== BigInt.asIntN(64, value)) issues.report(token.offset, "invalid int literal");
    }
    return { kind: "literal", offset: token.offset, value };
  }

  function primary(): Expression {
    const token = current();
    if (token.kind === "literal") return literal(take());
    if (token.kind === "identifier" || is(".")) return named();
    if (accept("(")) {
      const inner = expression();
      need(")");
      return inner;
    }
    if (is("[")) return list();
    if (is("{")) return mapLiteral();
    return unexpected(primaryExpectation);
  }

  function named(): Expression {
    const dot = accept(".");
    const token = current().kind === "identifier" ? take() : unexpected("IDENTIFIER");
    if (reserved.has(token.text)) fail(`reserved identifier: ${token.text}`, token.offset);
    const open = accept("(");
    if (open !== undefined) return call(open.offset, token.text, undefined);
    const name = dot === undefined ? token.text : `.${token.text}`;
    return { kind: "identifier", offset: token.offset, name };
  }

  function call(offset: number, name: string, target: Expression | undefined): Expression {
    const list: Expression[] = [];
    while (!is(")")) {
      list.push(expression());
      if (!accept(",")) break;
    }
    need(")");
    const plain: Call = { kind: "call", offset, name, ...(target !== undefined && { target }), arguments: list };
    return expandMacro(plain, issues) ?? plain;
  }

  function member(start: Expression): Expression {
    let operand = start;
    let length = 0;
    while (true) {
      if (++length > longestChain) fail(`expression recursion limit exceeded: ${longestChain}`);
      if (is(".")) operand = selection(operand);
      else if (is("[")) operand = index(operand);
      else if (is("{") && messageName(operand) !== undefined) operand = message(operand);
      else return operand;
    }
  }

  function selection(operand: Expression): Expression {
    const dot = take();
    const optional = accept("?");
    const token = current();
    if (token.kind !== "identifier" && token.kind !== "quotedField") return unexpected("IDENTIFIER");
    take();
    const field = token.kind === "quotedField" ? token.text.slice(1, -1) : token.text;
    if (optional !== undefined) {
      const key: Expression = { kind: "literal", offset: token.offset, value: field };
      return { kind: "call", offset: dot.offset, name: "_?._", arguments: [operand, key] };
    }
    const open = token.kind === "identifier" ? accept("(") : undefined;
    if (open !== undefined) return call(open.offset, field, operand);
    return { kind: "select", offset: dot.offset, operand, field, testOnly: false };
  }

  function index(operand: Expression): Expression {
    const open = take();
    const name = accept("?") === undefined ? "_[_]" : "_[?_]";
    const key = expression();
    need("]");
    return { kind: "call", offset: open.offset, name, arguments: [operand, key] };
  }

  function list(): Expression {
    const open = take();
    const elements: { value: Expression; optional: boolean }[] = [];
    while (!is("]")) {
      const optional = accept("?") !== undefined;
      elements.push({ optional, value: expression() });
      if (!accept(",")) break;
    }
    need("]");
    return { kind: "list", offset: open.offset, elements };
  }

  function mapLiteral(): Expression {
    const open = take();
    const entries: MapLiteral["entries"][number][] = [];
    while (!is("}")) {
      const optional = accept("?") !== undefined;
      const key = expression();
      const colon = need(":");
      entries.push({ offset: colon.offset, optional, key, value: expression() });
      if (!accept(",")) break;
    }
    need("}");
    return { kind: "map", offset: open.offset, entries };
  }

  function message(operand: Expression): Expression {
    const open = take();
    const entries: Message["entries"][number][] = [];
    while (!is("}")) {
      const optional = accept("?") !== undefined;
      const token = current();
      if (token.kind !== "identifier" && token.kind !== "quotedField") return unexpected("IDENTIFIER");
      take();
      const field = token.kind === "quotedField" ? token.text.slice(1, -1) : token.text;
      const colon = need(":");
      entries.push({ offset: colon.offset, optional, field, value: expression() });
      if (!accept(",")) break;
    }
    need("}");
    return { kind: "message", offset: open.offset, name: messageName(operand) ?? "", entries };
  }

  return {
    expression,
    end: () => {
      if (current().kind !== "end") unexpected("<EOF>");
    },
  };
}

function negation(name: string, offset: number, operand: Expression): Expression {
  return { kind: "call", offset, name, arguments: [operand] };
}

/** `a && b && c` becomes one node, so that a long chain is not a deep tree. */
function joined(operator: Token, left: Expression, right: Expression): Expression {
  const name = operatorNames[operator.text] ?? `_${operator.text}_`;
  if ((name === "_&&_" || name === "_||_") && left.kind === "call" && left.name === name)
    return { ...left, arguments: [...left.arguments, right] };
  return { kind: "call", offset: operator.offset, name, arguments: [left, right] };
}

function messageName(expression: Expression): string | undefined {
  if (expression.kind === "identifier") return expression.name;
  if (expression.kind !== "select" || expression.testOnly) return undefined;
  const owner = messageName(expression.operand);
  return owner === undefined ? undefined : `${owner}.${expression.field}`;
}
