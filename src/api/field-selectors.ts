import { SelectorError } from "./label-selector-parser.ts";

/** One condition on a field, e.g. `spec.nodeName=a`. */
export interface FieldTerm {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/**
 * Parses `a=b,c!=d,e==f`; `\\`, `\,` and `\=` stand for the characters themselves. An empty text selects everything.
 * @throws SelectorError with upstream's message
 */
export function parseFieldSelector(text: string): FieldTerm[] {
  return splitTerms(text)
    .filter((term) => term !== "")
    .map((term) => parseTerm(term, text));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === ",") {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function parseTerm(term: string, selector: string): FieldTerm {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) throw new SelectorError(`invalid selector: '${selector}'; can't understand '${term}'`);
  return { field: match[1]!, operator: match[2] === "!=" ? "!=" : "=", value: unescapeValue(match[3]!) };
}

function unescapeValue(value: string): string {
  let text = "";
  for (let index = 0; index < value.length; index++) {
    const character = value[index]!;
    if (character === "," || character === "=") {
      // The number of the character, as upstream prints it.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    }
    if (character !== "\\") {
      text += character;
      continue;
    }
    const escaped = value[++index];
    if (escaped !== "\\" && escaped !== "," && escaped !== "=") {
      throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped ?? ""}`);
    }
    text += escaped;
  }
  return text;
}

/** True when the values that `read` gives meet every term. */
export function matchesFields(terms: readonly FieldTerm[], read: (field: string) => string): boolean {
  return terms.every(({ field, operator, value }) => (read(field) === value) === (operator === "="));
}
