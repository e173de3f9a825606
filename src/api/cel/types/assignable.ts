import type { Type } from "./type.ts";
import { dynType } from "./type.ts";

/** What type parameters stand for, by their name. */
export type Mapping = Map<string, Type>;

/**
 * Whether a value of `from` may stand where `to` is wanted. Binds type parameters in `mapping`, also when the answer is no:
 * try on a copy.
 */
export function isAssignable(mapping: Mapping, from: Type, to: Type): boolean {
  if (to.kind === "parameter") return isParameterAssignable(mapping, to, from);
  if (from.kind === "parameter") return isParameterAssignable(mapping, from, to);
  if (isDynamic(from) || isDynamic(to)) return true;
  // Types are compared only when they are values.
  if (from.kind === "type" && to.kind === "type") return true;
  if (from.kind === "null") return to.kind === "null" || isNullable(to);
  if (to.kind === "null") return isNullable(from);
  if (from.kind !== to.kind || from.name !== to.name || from.parameters.length !== to.parameters.length) return false;
  return from.parameters.every((parameter, index) => isAssignable(mapping, parameter, to.parameters[index] as Type));
}

function isParameterAssignable(mapping: Mapping, parameter: Type, other: Type): boolean {
  if (other.kind === "parameter" && other.name === parameter.name) return true;
  const bound = mapping.get(parameter.name);
  if (bound !== undefined) {
    if (!isAssignable(mapping, bound, other)) return false;
    if (!isDynamic(bound) && isDynamic(other)) return true;
    mapping.set(parameter.name, mostGeneral(bound, other));
    return true;
  }
  if (mentions(mapping, other, parameter.name)) return false;
  mapping.set(parameter.name, other);
  return true;
}

export function isDynamic(type: Type): boolean {
  return type.kind === "dyn" || type.kind === "error";
}

function isNullable(type: Type): boolean {
  return (
    type.kind === "object" ||
    type.kind === "timestamp" ||
    type.kind === "duration" ||
    (type.kind === "opaque" && type.name !== "optional_type")
  );
}

/** The wider one of two types of which one is assignable to the other. */
export function mostGeneral(left: Type, right: Type): Type {
  return isAtLeastAsGeneral(left, right) ? left : right;
}

function isAtLeastAsGeneral(left: Type, right: Type): boolean {
  if (left.kind === "dyn" || left.kind === "error") return true;
  if (left.kind === "parameter") return right.kind !== "dyn";
  if (left.kind === "null") return right.kind === "null";
  if (left.kind !== right.kind || left.name !== right.name) return right.kind === "null";
  return left.parameters.every((parameter, index) => isAtLeastAsGeneral(parameter, right.parameters[index] ?? dynType));
}

function mentions(mapping: Mapping, type: Type, name: string): boolean {
  if (type.kind === "parameter") {
    if (type.name === name) return true;
    const bound = mapping.get(type.name);
    return bound !== undefined && mentions(mapping, bound, name);
  }
  return type.parameters.some((parameter) => mentions(mapping, parameter, name));
}

/** The type with its parameters replaced by what they stand for; by `dyn` when they stand for nothing and that is asked for. */
export function substitute(mapping: Mapping, type: Type, freeToDyn = false): Type {
  if (type.kind === "parameter") {
    const bound = mapping.get(type.name);
    if (bound !== undefined) return substitute(mapping, bound, freeToDyn);
    return freeToDyn ? dynType : type;
  }
  if (type.parameters.length === 0) return type;
  return { ...type, parameters: type.parameters.map((parameter) => substitute(mapping, parameter, freeToDyn)) };
}
