import type { Aggregate, Expression, MapLiteral, Message } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";

type ParseInner<P> = (parsing: P) => Expression;

/** Elements until `close`, between commas; one may stand at the end. */
function elements<Element>(cursor: Cursor, close: string, parse: (optional: boolean) => Element): Element[] {
  const list: Element[] = [];
  while (!cursor.is(close)) {
    list.push(parse(cursor.accept("?") !== undefined));
    if (!cursor.accept(",")) break;
  }
  cursor.need(close);
  return list;
}

/** `[a, ?b]`. */
export function parseList<P extends { readonly cursor: Cursor }>(parsing: P, parseInner: ParseInner<P>): Aggregate {
  const { offset } = parsing.cursor.take();
  const list = elements(parsing.cursor, "]", (optional) => ({ optional, value: parseInner(parsing) }));
  return { kind: "list", offset, elements: list };
}

/** `{a: b, ?c: d}`. */
export function parseMap<P extends { readonly cursor: Cursor }>(parsing: P, parseInner: ParseInner<P>): MapLiteral {
  const { cursor } = parsing;
  const { offset } = cursor.take();
  const entries = elements(cursor, "}", (optional) => {
    const key = parseInner(parsing);
    const colon = cursor.need(":");
    return { offset: colon.offset, optional, key, value: parseInner(parsing) };
  });
  return { kind: "map", offset, entries };
}

/** What follows the name in `Name{field: a, ?other: b}`. */
export function parseMessage<P extends { readonly cursor: Cursor }>(
  parsing: P,
  name: string,
  parseInner: ParseInner<P>,
): Message {
  const { cursor } = parsing;
  const { offset } = cursor.take();
  const isField = (token: Token) => token.kind === "identifier" || token.kind === "quotedField";
  const entries = elements(cursor, "}", (optional) => {
    const token = isField(cursor.current()) ? cursor.take() : cursor.unexpected("IDENTIFIER", isField);
    const field = token.kind === "quotedField" ? token.text.slice(1, -1) : token.text;
    const colon = cursor.need(":");
    return { offset: colon.offset, optional, field, value: parseInner(parsing) };
  });
  return { kind: "message", offset, name, entries };
}
