import type { Quantity } from "../../quantity.ts";
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  QuantityError,
  quantityOf,
  subtractQuantities,
} from "../../quantity.ts";
import { failure } from "../evaluate/failure.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";
import { parseQuantityValue, QuantityValue, quantityTypeName } from "./quantity-value.ts";

const name = quantityTypeName;
const nanos = 1_000_000_000n;

export const quantities: readonly Overload[] = [
  global("quantity", ["string"], name, (text: string) => {
    try {
      return new QuantityValue(parseQuantity(text));
    } catch (error) {
      throw error instanceof QuantityError ? failure(error.message) : error;
    }
  }),
  global("isQuantity", ["string"], "bool", (text: string) => parseQuantityValue(text) !== undefined),
  member("sign", [name], "int", ({ quantity }: QuantityValue) => BigInt(compareQuantities(quantity, quantityOf(0)))),
  member("isInteger", [name], "bool", ({ quantity }: QuantityValue) => wholeValue(quantity) !== undefined),
  member("asInteger", [name], "int", ({ quantity }: QuantityValue) => {
    const value = wholeValue(quantity);
    if (value === undefined) throw failure("cannot convert value to integer");
    return value;
  }),
  member(
    "asApproximateFloat",
    [name],
    "double",
    ({ quantity }: QuantityValue) => Number(quantity.nanos) / Number(nanos),
  ),
  member(
    "isGreaterThan",
    [name, name],
    "bool",
    (a: QuantityValue, b: QuantityValue) => compareQuantities(a.quantity, b.quantity) > 0,
  ),
  member(
    "isLessThan",
    [name, name],
    "bool",
    (a: QuantityValue, b: QuantityValue) => compareQuantities(a.quantity, b.quantity) < 0,
  ),
  member("compareTo", [name, name], "int", (a: QuantityValue, b: QuantityValue) =>
    BigInt(compareQuantities(a.quantity, b.quantity)),
  ),
  member(
    "add",
    [name, name],
    name,
    (a: QuantityValue, b: QuantityValue) => new QuantityValue(addQuantities(a.quantity, b.quantity)),
  ),
  member(
    "add",
    [name, "int"],
    name,
    (a: QuantityValue, b: bigint) => new QuantityValue(addQuantities(a.quantity, quantityOf(b))),
  ),
  member(
    "sub",
    [name, name],
    name,
    (a: QuantityValue, b: QuantityValue) => new QuantityValue(subtractQuantities(a.quantity, b.quantity)),
  ),
  member(
    "sub",
    [name, "int"],
    name,
    (a: QuantityValue, b: bigint) => new QuantityValue(subtractQuantities(a.quantity, quantityOf(b))),
  ),
];

function wholeValue(quantity: Quantity): bigint | undefined {
  const value = quantity.nanos / nanos;
  return quantity.nanos % nanos === 0n && value === BigInt.asIntN(64, value) ? value : undefined;
}
