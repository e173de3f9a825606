const PLACE = /\{n(?:([-%])(\d+))?(?:\+(\d+))?\}/g;

/** Text with the number of its request filled in: `{n}`, `{n-400}`, `{n%5000}`, `{n%5000+1}`. */
export function fillIn(text: string, number: number): string {
  return text.replace(PLACE, (_all, operator: string | undefined, operand: string, more: string | undefined) => {
    const base = operator === "-" ? number - Number(operand) : operator === "%" ? number % Number(operand) : number;
    return String(base + Number(more ?? 0));
  });
}
