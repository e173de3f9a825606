import type { Issues } from "./issues.ts";
import type { Token } from "./lexer.ts";

/** Ends the parsing of an expression whose issue is told. */
export class SyntaxFailure extends Error {}

/** Where the parser stands among the tokens. */
export interface Cursor {
  current(): Token;
  /** Whether the current token is that symbol. */
  is(symbol: string): boolean;
  take(): Token;
  /** Takes the symbol if it is there. */
  accept(symbol: string): Token | undefined;
  /** Takes the symbol, which must be there. */
  need(symbol: string): Token;
  fail(message: string, offset?: number): never;
  /** Tells that the current token is wrong here; as upstream, whether the one after it would be right. */
  unexpected(expected: string, fits: (token: Token) => boolean): never;
  /** Runs one level deeper. */
  nested<Result>(body: () => Result): Result;
}

/** Upstream's limit on how deep an expression may nest. */
const deepest = 250;

export function createCursor(tokens: readonly Token[], issues: Issues): Cursor {
  let at = 0;
  let depth = 0;
  const token = (index: number) => tokens[Math.min(index, tokens.length - 1)] as Token;
  return {
    current: () => token(at),
    is: (symbol) => isSymbol(token(at), symbol),
    take: () => token(at++),
    accept(symbol) {
      return this.is(symbol) ? this.take() : undefined;
    },
    need(symbol) {
      return this.is(symbol) ? this.take() : this.unexpected(`'${symbol}'`, (next) => isSymbol(next, symbol));
    },
    fail(message, offset = token(at).offset) {
      issues.report(offset, message);
      throw new SyntaxFailure();
    },
    unexpected(expected, fits) {
      const found = token(at);
      const what = found.kind !== "end" && fits(token(at + 1)) ? "extraneous" : "mismatched";
      return this.fail(`Syntax error: ${what} input '${found.text}' expecting ${expected}`);
    },
    nested(body) {
      if (++depth > deepest) this.fail(`expression recursion limit exceeded: ${deepest}`);
      const result = body();
      depth--;
      return result;
    },
  };
}

function isSymbol(token: Token, symbol: string): boolean {
  return token.kind === "symbol" && token.text === symbol;
}
