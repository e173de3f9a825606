const PLACE = /\{n(?:([-%])(\d+))?(?:\+(\d+))?\}/;
/** Operator, operand and what is added, of each place. */
const GROUPS = 3;

/** A text with places for the number of its request, taken apart once: `{n}`, `{n-400}`, `{n%5000}`, `{n%5000+1}`. */
export interface Template {
  /** One more than places. */
  readonly pieces: readonly string[];
  readonly bytes: readonly Buffer[];
  /** What stands between two pieces. */
  readonly values: readonly ((number: number) => number)[];
}

export function templateOf(text: string): Template {
  const parts: readonly (string | undefined)[] = text.split(PLACE);
  const pieces: string[] = [];
  const values: ((number: number) => number)[] = [];
  for (let index = 0; index < parts.length; index += GROUPS + 1) {
    pieces.push(parts[index] ?? "");
    if (index + 1 < parts.length) values.push(valueAt(parts[index + 1], Number(parts[index + 2]), parts[index + 3]));
  }
  return { pieces, bytes: pieces.map((piece) => Buffer.from(piece)), values };
}

function valueAt(operator: string | undefined, operand: number, added: string | undefined) {
  const more = Number(added ?? 0);
  if (operator === "-") return (number: number) => number - operand + more;
  if (operator === "%") return (number: number) => (number % operand) + more;
  return (number: number) => number + more;
}

export function textOf({ pieces, values }: Template, number: number): string {
  let text = pieces[0]!;
  for (let index = 0; index < values.length; index++) text += String(values[index]!(number)) + pieces[index + 1]!;
  return text;
}

/** In chunks, so that the pieces are not copied. */
export function chunksOf({ bytes, values }: Template, number: number): Buffer[] {
  const chunks = [bytes[0]!];
  for (let index = 0; index < values.length; index++) {
    chunks.push(Buffer.from(String(values[index]!(number)), "latin1"), bytes[index + 1]!);
  }
  return chunks;
}
