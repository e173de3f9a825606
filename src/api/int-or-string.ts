import { percentErrors } from "./names.ts";

/** A number of things, or a share of them such as `25%`. */
export type IntOrString = number | string;

/** The value as a number: a percentage is taken of `total` and rounded. @throws Error when it is neither */
export function scaledValue(value: IntOrString, total: number, rounding: "up" | "down"): number {
  if (typeof value === "number") return value;
  if (percentErrors(value).length > 0) {
    throw new Error(`invalid value for IntOrString: invalid type: string is not a percentage`);
  }
  const share = (Number(value.slice(0, -1)) * total) / 100;
  return rounding === "up" ? Math.ceil(share) : Math.floor(share);
}
