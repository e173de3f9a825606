import { labelValueErrors, qualifiedNameErrors } from "./names.ts";

/** One condition on labels. `gt` and `lt` compare whole numbers. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt";
  readonly values: readonly string[];
}

export class SelectorError extends Error {
  override name = "SelectorError";
}

interface Token {
  /** A symbol or keyword as written; `name` for keys and values; `end`. */
  readonly type: string;
  readonly text: string;
}

const SYMBOLS = new Set(["=", "==", "!=", "!", "(", ")", ",", ">", "<"]);

/** Where the parser stands in the tokens. */
interface Cursor {
  readonly tokens: readonly Token[];
  position: number;
}

/**
 * Parses the text form: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>5`. An empty text selects everything.
 * @throws SelectorError with upstream's message
 */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const cursor: Cursor = { tokens: tokenize(text), position: 0 };
  const requirements: LabelRequirement[] = [];
  if (peek(cursor).type === "end") return requirements;
  if (!startsRequirement(cursor)) throw found(peek(cursor), "expected: !, identifier, or 'end of string'");
  for (;;) {
    try {
      requirements.push(requirement(cursor));
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`);
    }
    const separator = next(cursor);
    if (separator.type === "end") break;
    if (separator.type !== ",") throw found(separator, "expected: ',' or 'end of string'");
    if (!startsRequirement(cursor)) throw found(peek(cursor), "expected: identifier after ','");
  }
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function peek(cursor: Cursor): Token {
  return cursor.tokens[cursor.position] ?? { type: "end", text: "" };
}

function next(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.position++;
  return token;
}

const startsRequirement = (cursor: Cursor): boolean => isName(peek(cursor)) || peek(cursor).type === "!";

function requirement(cursor: Cursor): LabelRequirement {
  const negated = peek(cursor).type === "!";
  if (negated) next(cursor);
  const key = next(cursor);
  if (!isName(key)) throw found(key, "expected: identifier");
  checkKey(key.text);
  if (negated || peek(cursor).type === "end" || peek(cursor).type === ",") {
    return { key: key.text, operator: negated ? "DoesNotExist" : "Exists", values: [] };
  }
  const operator = next(cursor);
  switch (operator.type) {
    case "in":
    case "notin":
      return make(key.text, operator.type === "in" ? "In" : "NotIn", valueList(cursor));
    case "=":
    case "==":
      return make(key.text, "In", [exactValue(cursor)]);
    case "!=":
      return make(key.text, "NotIn", [exactValue(cursor)]);
    case ">":
    case "<":
      return make(key.text, operator.type === ">" ? "Gt" : "Lt", [exactValue(cursor)]);
    default:
      throw found(operator, "expected: in, notin, =, ==, !=, gt, lt");
  }
}

function exactValue(cursor: Cursor): string {
  if (peek(cursor).type === "end" || peek(cursor).type === ",") return "";
  const value = next(cursor);
  if (!isName(value)) throw found(value, "expected: identifier");
  return value.text;
}

function valueList(cursor: Cursor): string[] {
  const open = next(cursor);
  if (open.type !== "(") throw new SelectorError(`found '${open.text}' expected: '('`);
  const values = new Set<string>();
  for (;;) {
    const token = peek(cursor);
    if (isName(token)) values.add(next(cursor).text);
    else if (token.type === "," || token.type === ")") values.add("");
    else throw found(token, "expected: ',', ')' or identifier");
    const separator = next(cursor);
    if (separator.type === ")") return [...values].sort();
    if (separator.type !== ",") throw found(separator, "expected: ',' or ')'");
  }
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /[ \t\r\n]*(?:([=!<>]{1,2}|[(),])|([^=!(),<> \t\r\n]+))/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) break;
    let symbol = match[1];
    if (symbol === undefined) {
      const word = match[2]!;
      tokens.push({ type: word === "in" || word === "notin" ? word : "name", text: word });
      continue;
    }
    if (!SYMBOLS.has(symbol)) {
      symbol = symbol[0]!;
      pattern.lastIndex--;
    }
    tokens.push({ type: symbol, text: symbol });
  }
  return tokens;
}

/** Keywords may also be keys and values. */
function isName(token: Token): boolean {
  return token.type === "name" || token.type === "in" || token.type === "notin";
}

function make(key: string, operator: LabelRequirement["operator"], values: string[]): LabelRequirement {
  const problems = values.flatMap((value, index) => {
    const errors = labelValueErrors(value);
    return errors.length === 0 ? [] : [wrongValue(`values[${index}][${key}]`, value, errors.join("; "))];
  });
  if ((operator === "Gt" || operator === "Lt") && !isInteger(values[0]!)) {
    problems.unshift(wrongValue("values[0]", values[0]!, "for 'Gt', 'Lt' operators, the value must be an integer"));
  }
  if (problems.length > 0) throw new SelectorError(problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`);
  return { key, operator, values };
}

const wrongValue = (field: string, value: string, why: string): string =>
  `${field}: Invalid value: ${JSON.stringify(value)}: ${why}`;

/** One of 64 bits, which bounds of labels are compared as. */
function isInteger(text: string): boolean {
  return /^[-+]?[0-9]+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function checkKey(key: string): void {
  const errors = qualifiedNameErrors(key);
  if (errors.length > 0) {
    throw new SelectorError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join("; ")}`);
  }
}

function found(token: Token, expected: string): SelectorError {
  return new SelectorError(`found '${token.text}', ${expected}`);
}
