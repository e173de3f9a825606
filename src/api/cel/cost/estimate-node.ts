import type { Declared } from "../types/declared.ts";
import { isReservedWord } from "../types/property-names.ts";
import { dynType, type Type } from "../types/type.ts";
import type { Range } from "./range.ts";
import { fixed, nothing, unknownSize } from "./range.ts";

/** What is known of a node before it is evaluated. */
export interface Estimate {
  readonly type: Type;
  readonly cost: Range;
  /** How large its value is; when absent, what its type or declaration says. */
  readonly size?: Range;
  /** Of an integer that is written out. */
  readonly integer?: number;
  /** How large what it contains is. */
  readonly element?: Range;
  /** Where its value comes from, when that is a declared variable or something inside one. */
  readonly declared?: Declared;
}

/** How large a value may be: letters of a text, elements of a list or map; 1 for everything else. */
export function sizeOfNode(node: Estimate): Range {
  if (node.size !== undefined) return node.size;
  if (node.declared !== undefined && node.declared !== LOST) return declaredSize(node.declared);
  return isScalar(node.type) ? fixed(1) : unknownSize;
}

/** Of what comes from a declared value by a name that its declaration does not have: a key of a map, a word of CEL. */
const LOST: Declared = { type: dynType, convert: () => null };

/** Only what has a length counts where a value is declared. */
function declaredSize({ type, maximumLength }: Declared): Range {
  if (maximumLength !== undefined) return { min: 0, max: maximumLength };
  return isScalar(type) || type.kind === "object" ? nothing : unknownSize;
}

const SCALARS: ReadonlySet<Type["kind"]> = new Set([
  ...(["null", "bool", "int", "uint", "double", "timestamp", "duration"] as const),
]);

const isScalar = ({ kind }: Type): boolean => SCALARS.has(kind);

/** The size of what a list or map holds. */
export function containedSize(node: Estimate): Range {
  if (node.element !== undefined) return node.element;
  const element = node.declared?.element;
  return element === undefined ? unknownSize : declaredSize(element);
}

/** As upstream takes it where a function reads all of a list: only declarations tell how large elements may be. */
export function declaredItemSize(node: Estimate): Range {
  const element = node.declared?.element;
  return element === undefined ? unknownSize : declaredSize(element);
}

/** @param root what upstream looks at for values that come from no declared one: the variable `self` */
export function locateField(node: Estimate, name: string, root: Declared | undefined): Pick<Estimate, "declared"> {
  const field = isReservedWord(name) ? undefined : node.declared?.field?.(name);
  const declared = node.declared === undefined ? root : (field ?? LOST);
  return declared === undefined ? {} : { declared };
}

/** `list[index]`, `map[key]`. */
export function locateElement(node: Estimate, root: Declared | undefined): Pick<Estimate, "declared" | "size"> {
  if (node.element !== undefined && node.declared === undefined) return { size: node.element };
  return locateIterated(node, root);
}

/** The variable of a loop. */
export function locateIterated(node: Estimate, root: Declared | undefined): Pick<Estimate, "declared"> {
  const declared = node.declared === undefined ? root : (node.declared.element ?? LOST);
  return declared === undefined ? {} : { declared };
}
