import { type JsonPath, JsonPathError, OPERATORS, type Operator, type Step } from "./path.ts";

const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/;
const QUOTED_KEY = /^'([^']*)'$/;
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+?)$/s;
const TERMINATORS = " \t\r\n.,[]$@{}";
/** Paths in filters of paths …: nobody needs more. */
const DEPTH_MAX = 20;

/**
 * Reads a path.
 *
 * @throws JsonPathError when it is malformed
 */
export function parseJsonPath(text: string): JsonPath {
  return parse(text, 0);
}

function parse(text: string, depth: number): JsonPath {
  if (depth > DEPTH_MAX) throw new JsonPathError(`JSONPath is nested too deep: ${text.slice(0, 40)}`);
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (character === "$" || character === "@" || character === " ") at++;
    else if (character === ".") at = parseField(text, at, steps);
    else if (text.startsWith("[?(", at)) at = parseFilter(text, at, { steps, depth });
    else if (character === "[") at = parseBrackets(text, at, { steps, depth });
    else if (character === '"' || character === "'") at = parseQuoted(text, at, steps);
    else at = parseWord(text, at, steps);
  }
  return steps;
}

function parseField(text: string, dot: number, steps: Step[]): number {
  if (text[dot + 1] === ".") {
    steps.push({ kind: "descendants" });
    // `..[0]` and `..*` go on by themselves; `..name` needs the second dot as its own.
    return text[dot + 2] === "[" ? dot + 2 : dot + 1;
  }
  const end = wordEnd(text, dot + 1);
  const name = text.slice(dot + 1, end);
  if (name === "*") steps.push({ kind: "wildcard" });
  else if (name !== "") steps.push({ kind: "field", name: name.replaceAll("\\", "") });
  return end;
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !TERMINATORS.includes(text[at]!)) at += text[at] === "\\" ? 2 : 1;
  return Math.min(at, text.length);
}

interface Context {
  readonly steps: Step[];
  readonly depth: number;
}

function parseBrackets(text: string, open: number, { steps, depth }: Context): number {
  const close = text.indexOf("]", open);
  if (close < 0) throw new JsonPathError("unterminated array");
  const inside = text.slice(open + 1, close);
  const parts = inside.split(",");
  if (parts.length > 1) steps.push({ kind: "union", paths: parts.map((part) => parse(`[${part.trim()}]`, depth + 1)) });
  else steps.push(...bracketSteps(inside, depth));
  return close + 1;
}

function bracketSteps(inside: string, depth: number): readonly Step[] {
  if (inside === "*") return [{ kind: "wildcard" }];
  const key = QUOTED_KEY.exec(inside);
  // A dot in a quoted key still goes down, unless it is escaped: so does kubectl.
  if (key !== null) return parse(`.${key[1]}`, depth + 1);
  const slice = SLICE.exec(inside);
  if (slice === null || inside === "") throw new JsonPathError(`invalid array index ${inside}`);
  const [, start = "", end, step] = slice;
  if (end === undefined) return [{ kind: "index", index: Number(start) }];
  return [
    {
      kind: "slice",
      ...(start === "" ? {} : { start: Number(start) }),
      ...(end === ":" ? {} : { end: Number(end.slice(1)) }),
      ...(step === undefined || step === ":" ? {} : { step: Number(step.slice(1)) }),
    },
  ];
}

function parseFilter(text: string, open: number, { steps, depth }: Context): number {
  const start = open + "[?(".length;
  const end = filterEnd(text, start);
  const inside = text.slice(start, end);
  const match = COMPARISON.exec(inside);
  if (match === null) steps.push({ kind: "filter", left: parse(inside, depth + 1) });
  else {
    const [, left = "", operator = "", right = ""] = match;
    if (!isOperator(operator)) throw new JsonPathError(`unrecognized filter operator ${operator}`);
    steps.push({
      kind: "filter",
      left: parse(left.trim(), depth + 1),
      comparison: { operator, right: parse(right.trim(), depth + 1) },
    });
  }
  return end + 2;
}

const isOperator = (text: string): text is Operator => (OPERATORS as readonly string[]).includes(text);

/** Where the filter's closing parenthesis is; one in quotes does not count. */
function filterEnd(text: string, from: number): number {
  let quote = "";
  for (let at = from, open = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "\\") at++;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === "(") open++;
    else if (character === ")" && open-- === 0) {
      if (text[at + 1] !== "]") throw new JsonPathError("unclosed array expect ]");
      return at;
    }
  }
  throw new JsonPathError("unterminated filter");
}

function parseQuoted(text: string, open: number, steps: Step[]): number {
  const quote = text[open]!;
  let value = "";
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === quote) {
      steps.push({ kind: "literal", value });
      return at + 1;
    }
    if (text[at] === "\\") at++;
    value += text[at] ?? "";
  }
  throw new JsonPathError("unterminated quoted string");
}

function parseWord(text: string, from: number, steps: Step[]): number {
  const number = /^[+-]?\d+(\.\d+)?/.exec(text.slice(from))?.[0];
  if (number !== undefined) {
    steps.push({ kind: "literal", value: Number(number) });
    return from + number.length;
  }
  const word = /^[A-Za-z]+/.exec(text.slice(from))?.[0];
  if (word !== "true" && word !== "false") {
    throw new JsonPathError(
      word === undefined ? `unrecognized character in action: ${text[from]}` : `unrecognized identifier ${word}`,
    );
  }
  steps.push({ kind: "literal", value: word === "true" });
  return from + word.length;
}
