import type { Declared } from "../types/declared.ts";
import type { Type } from "../types/type.ts";
import type { Range } from "./range.ts";
import { fixed, unknownSize } from "./range.ts";

/** What is known of a node before it is evaluated. */
export interface Estimate {
  readonly type: Type;
  readonly cost: Range;
  /** How large its value is; when absent, what its type or declaration says. */
  readonly size?: Range;
  /** How large what it contains is. */
  readonly element?: Range;
  /** Where its value comes from, when that is a declared variable or something inside one. */
  readonly declared?: Declared;
}

/** How large a value may be: letters of a text, elements of a list or map; 1 for everything else. */
export function sizeOfNode(node: Estimate): Range {
  if (node.size !== undefined) return node.size;
  if (node.declared?.maximumLength !== undefined) return { min: 0, max: node.declared.maximumLength };
  switch (node.type.kind) {
    case "string":
    case "bytes":
    case "list":
    case "map":
    case "dyn":
    case "parameter":
    case "opaque":
    case "object":
      return unknownSize;
    default:
      return fixed(1);
  }
}

/** The size of what a list or map holds. */
export function containedSize(node: Estimate): Range {
  if (node.element !== undefined) return node.element;
  const maximum = node.declared?.element?.maximumLength;
  return maximum === undefined ? unknownSize : { min: 0, max: maximum };
}

export function locateField(node: Estimate, name: string): Pick<Estimate, "declared" | "size"> {
  const declared = node.declared?.field?.(name) ?? node.declared?.element;
  return declared === undefined ? {} : { declared };
}

export function locateElement(node: Estimate): Pick<Estimate, "declared" | "size"> {
  const declared = node.declared?.element;
  if (declared !== undefined) return { declared };
  return node.element === undefined ? {} : { size: node.element };
}
