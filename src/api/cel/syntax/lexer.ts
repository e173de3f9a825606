import type { Value } from "../evaluate/values.ts";
import { Uint } from "../evaluate/values.ts";
import type { Issues } from "./issues.ts";
import { unescapeBytes, unescapeString } from "./string-literal.ts";

export interface Token {
  readonly kind: "literal" | "identifier" | "quotedField" | "symbol" | "end";
  readonly text: string;
  readonly offset: number;
  /** Of a literal. */
  readonly value?: Value;
}

const mostUnreadable = 30;
const space = /[\t\n\f\r ]+|\/\/[^\n]*/y;
const number =
  /0[xX][0-9a-fA-F]+[uU]?|[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[uU]?/y;
const text =
  /([bB][rR]|[rR][bB]|[rRbB])?(?:"""((?:\\[\s\S]|[^\\])*?)"""|'''((?:\\[\s\S]|[^\\])*?)'''|"((?:\\.|[^"\\\n\r])*)"|'((?:\\.|[^'\\\n\r])*)')/y;
const rawText = /([bB][rR]|[rR][bB]|[rR])(?:"""([\s\S]*?)"""|'''([\s\S]*?)'''|"([^"\n\r]*)"|'([^'\n\r]*)')/y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedField = /`[A-Za-z0-9_.\-/ ]+`/y;
const symbol = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;

/** Splits an expression into tokens, the last of which is the end. What is no token is reported and left out. */
export function tokenize(issues: Issues): Token[] {
  const source = issues.source;
  const tokens: Token[] = [];
  let at = 0;
  let unreadable = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    const blank = match(space);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const token = readToken(match, at, issues);
    if (token === undefined) {
      const text = unreadableText(source, at);
      issues.report(at, `Syntax error: token recognition error at: '${text}'`);
      at += text.length;
      if (++unreadable > mostUnreadable) break;
      continue;
    }
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: "end", text: "<EOF>", offset: source.length });
  return tokens;
}

/** A letter that begins no token; of a text that does not end, the rest of its line. */
function unreadableText(source: string, at: number): string {
  const letter = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (letter !== '"' && letter !== "'") return letter;
  const end = source.indexOf("\n", at);
  return source.slice(at, end < 0 ? source.length : end);
}

function readToken(
  match: (pattern: RegExp) => RegExpExecArray | null,
  offset: number,
  issues: Issues,
): Token | undefined {
  const literal = match(rawText) ?? match(text);
  if (literal !== null) return { kind: "literal", text: literal[0], offset, value: textValue(literal, offset, issues) };
  const digits = match(number);
  if (digits !== null)
    return { kind: "literal", text: digits[0], offset, value: numberValue(digits[0], offset, issues) };
  const word = match(identifier);
  if (word !== null) return { ...wordToken(word[0]), text: word[0], offset };
  const field = match(quotedField);
  if (field !== null) return { kind: "quotedField", text: field[0], offset };
  const mark = match(symbol);
  return mark === null ? undefined : { kind: "symbol", text: mark[0], offset };
}

function wordToken(word: string): Pick<Token, "kind" | "value"> {
  if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
  if (word === "null") return { kind: "literal", value: null };
  return { kind: word === "in" ? "symbol" : "identifier" };
}

function textValue(match: RegExpExecArray, offset: number, issues: Issues): Value {
  const prefix = (match[1] ?? "").toLowerCase();
  const content = match[2] ?? match[3] ?? match[4] ?? match[5] ?? "";
  const isBytes = prefix.includes("b");
  if (prefix.includes("r")) return isBytes ? new Uint8Array(Buffer.from(content)) : content;
  const value = isBytes ? unescapeBytes(content) : unescapeString(content);
  if (value !== undefined) return value;
  issues.report(offset, `Syntax error: token recognition error at: '${match[0]}'`);
  return "";
}

function numberValue(digits: string, offset: number, issues: Issues): Value {
  const isHexadecimal = /^0[xX]/.test(digits);
  if (!isHexadecimal && /[.eE]/.test(digits)) {
    const value = Number(digits);
    if (!Number.isFinite(value)) issues.report(offset, "invalid double literal");
    return value;
  }
  if (/[uU]$/.test(digits)) {
    const value = BigInt(digits.slice(0, -1));
    if (value > 0xffff_ffff_ffff_ffffn) issues.report(offset, "invalid uint literal");
    return new Uint(value);
  }
  return BigInt(digits);
}
