import type { Quantity } from "../../quantity.ts";
import { tryParseQuantity } from "../../quantity.ts";
import { OpaqueValue } from "../evaluate/values.ts";

export const quantityTypeName = "kubernetes.Quantity";

export class QuantityValue extends OpaqueValue {
  override readonly typeName = quantityTypeName;
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  equals(other: OpaqueValue): boolean {
    return other instanceof QuantityValue && other.quantity.nanos === this.quantity.nanos;
  }
}

export function parseQuantityValue(text: string): QuantityValue | undefined {
  const quantity = tryParseQuantity(text);
  return quantity === undefined ? undefined : new QuantityValue(quantity);
}
