const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};

/** Text of a string literal between its quotes, with escapes resolved. Undefined when an escape is malformed. */
export function unescapeString(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  let result = "";
  for (const part of escapedParts(text)) {
    if (part === undefined) return undefined;
    result += typeof part === "string" ? part : String.fromCodePoint(part.code);
  }
  return result;
}

/** Bytes of a bytes literal: escapes by number are bytes, everything else is UTF-8. Undefined when an escape is malformed. */
export function unescapeBytes(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  for (const part of escapedParts(text)) {
    if (part === undefined) return undefined;
    if (typeof part === "string") bytes.push(...Buffer.from(part));
    else if (part.isUnicode) return undefined;
    else bytes.push(part.code);
  }
  return Uint8Array.from(bytes);
}

function* escapedParts(text: string): Generator<string | { code: number; isUnicode: boolean } | undefined> {
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf("\\", at);
    if (next < 0) {
      yield text.slice(at);
      return;
    }
    if (next > at) yield text.slice(at, next);
    const letter = text[next + 1] ?? "";
    const simple = simpleEscapes[letter];
    if (simple !== undefined) {
      yield simple;
      at = next + 2;
      continue;
    }
    const numeric = /^(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/.exec(
      text.slice(next + 1, next + 10),
    );
    if (numeric === null) {
      yield undefined;
      return;
    }
    const code = numeric[4] !== undefined ? Number.parseInt(numeric[4], 8) : Number.parseInt(numeric[0].slice(1), 16);
    const isUnicode = numeric[2] !== undefined || numeric[3] !== undefined;
    yield code > 0x10ffff || (isUnicode && code >= 0xd800 && code <= 0xdfff) ? undefined : { code, isUnicode };
    at = next + 1 + numeric[0].length;
  }
}
