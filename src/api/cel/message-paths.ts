import type { Value } from "./evaluate/values.ts";
import { CelList, CelMap, MessageValue } from "./evaluate/values.ts";

/**
 * What is wrong with the names of objects that an expression made: what stands in the field `spec` of an `Object` must be an
 * `Object.spec`. Undefined when all is well.
 *
 * @param native of a CelResult
 */
export function messagePathError(native: unknown): string | undefined {
  return native instanceof MessageValue ? checkMessage(native, native.typeName) : undefined;
}

function checkMessage(message: MessageValue, expected: string): string | undefined {
  if (message.typeName !== expected) {
    const [found, wanted] = [message.typeName, expected].map((name) => JSON.stringify(name));
    return `unexpected type name ${found}, expected ${wanted}, which matches field name path from root Object type`;
  }
  for (const [name, value] of message.fields) {
    const wrong = checkValue(value, `${expected}.${name}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function checkValue(value: Value, expected: string): string | undefined {
  if (value instanceof MessageValue) return checkMessage(value, expected);
  const inner =
    value instanceof CelList
      ? value.values()
      : value instanceof CelMap
        ? value.keys().map((key) => value.get(key) ?? null)
        : [];
  for (const each of inner) {
    const wrong = checkValue(each, expected);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
