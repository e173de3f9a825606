import type { JSONSchemaProps } from "../generated/apiextensions.k8s.io/v1.ts";

/** What numbers a type and format can hold, with the texts of kube-openapi (IsValueValidAgainstRange). */
export interface NumberRange {
  fits(value: number | bigint): boolean;
  /** `type integer with format int32` */
  readonly name: string;
}

/** @returns undefined where every number fits */
export function numberRange({ type, format }: Pick<JSONSchemaProps, "type" | "format">): NumberRange | undefined {
  const name = format ? `type ${type} with format ${format}` : `type ${type} (default format)`;
  if (type === "integer") {
    const [least, most] = format === "int32" ? INT32 : INT64;
    return { name, fits: (value) => isWhole(value) && value >= least && value <= most };
  }
  const isFloat32 = type === "number" && (format === "float" || format === "float32");
  return isFloat32 ? { name, fits: (value) => Math.abs(Number(value)) <= FLOAT32_MAX } : undefined;
}

type Bounds = readonly [least: bigint, most: bigint];

const INT64: Bounds = [-(2n ** 63n), 2n ** 63n - 1n];
const INT32: Bounds = [-(2n ** 31n), 2n ** 31n - 1n];
const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127;

const isWhole = (value: number | bigint): boolean => typeof value === "bigint" || Number.isInteger(value);
