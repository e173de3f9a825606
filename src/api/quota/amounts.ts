import { addQuantities, compareQuantities, parseQuantity, type Quantity } from "../quantity.ts";

/** Exact amounts by resource name. */
export type Amounts = ReadonlyMap<string, Quantity>;

/** A ResourceList as amounts. @throws QuantityError */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

/** The sum, name by name. */
export function sumAmounts(a: Amounts, b: Amounts): Map<string, Quantity> {
  return join(a, b, addQuantities);
}

/** The larger, name by name. */
export function maxAmounts(a: Amounts, b: Amounts): Map<string, Quantity> {
  return join(a, b, (left, right) => (compareQuantities(left, right) >= 0 ? left : right));
}

function join(a: Amounts, b: Amounts, pick: (left: Quantity, right: Quantity) => Quantity): Map<string, Quantity> {
  const joined = new Map(a);
  for (const [name, amount] of b) {
    const known = joined.get(name);
    joined.set(name, known === undefined ? amount : pick(known, amount));
  }
  return joined;
}

/** True when both hold the same names with equal values, however they are written. */
export function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a.size !== b.size) return false;
  for (const [name, amount] of a) {
    const other = b.get(name);
    if (other === undefined || compareQuantities(amount, other) !== 0) return false;
  }
  return true;
}
