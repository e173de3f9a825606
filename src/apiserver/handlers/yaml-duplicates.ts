import { EVENT_ID, type Event, getScalarValue, parseEvents, SCALAR_STYLE, type ScalarEvent } from "js-yaml";
import { NESTING_MAX } from "./json-text.ts";

/** Loads the YAML library: only for who needs it anyway. */

/** A list or mapping that is being read. */
interface Collection {
  readonly line: number;
  readonly isMapping: boolean;
  /** As they are printed. */
  readonly keys: Set<string>;
  /** Of the value that comes next; absent when a key comes next. */
  key?: string;
}

const COMPLEX = "";

/**
 * Every key that its mapping holds already, as upstream tells them: what is inside of a value before the value's own key, and
 * each with the line where its value begins.
 */
export function yamlDuplicates(text: string): string[] {
  const found: string[] = [];
  const lineOf = lineCounter(text);
  const open: Collection[] = [];
  const isDone = (line: number, printed: string): void => {
    const around = open.at(-1);
    if (around === undefined || !around.isMapping) return;
    if (around.key === undefined) {
      around.key = printed;
      return;
    }
    const { key } = around;
    delete around.key;
    if (key === COMPLEX) return;
    if (around.keys.has(key)) found.push(`line ${line}: key ${key} already set in map`);
    around.keys.add(key);
  };
  for (const event of parseEvents(text, { maxDepth: NESTING_MAX })) {
    if (event.type === EVENT_ID.DOCUMENT) continue;
    if (event.type === EVENT_ID.POP) {
      const closed = open.pop();
      if (closed !== undefined) isDone(closed.line, COMPLEX);
      continue;
    }
    const line = lineOf(event);
    if (event.type === EVENT_ID.SCALAR) isDone(line, printedKey(text, event));
    else if (event.type === EVENT_ID.ALIAS) isDone(line, COMPLEX);
    else open.push({ line, isMapping: event.type === EVENT_ID.MAPPING, keys: new Set() });
  }
  return found;
}

/** As Go prints it: numbers and booleans without quotes. */
function printedKey(text: string, scalar: ScalarEvent): string {
  const value = getScalarValue(text, scalar);
  const isBare = scalar.style === SCALAR_STYLE.PLAIN && scalar.tagStart < 0 && /^([-+]?\d+|true|false)$/.test(value);
  return isBare ? value : JSON.stringify(value);
}

/** Tells the line of each event in turn, counted from 1. */
function lineCounter(
  text: string,
): (event: Exclude<Event, { type: typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.POP }>) => number {
  let line = 1;
  let counted = 0;
  return (event) => {
    const places = [event.anchorStart];
    if (event.type !== EVENT_ID.ALIAS) places.push(event.tagStart);
    if (event.type === EVENT_ID.SCALAR) places.push(event.valueStart);
    else if (event.type !== EVENT_ID.ALIAS) places.push(event.start);
    const known = places.filter((place) => place >= 0);
    // A value that is not there has the place of what came before it.
    if (known.length === 0) return line;
    const start = Math.min(...known);
    for (let at = text.indexOf("\n", counted); at >= 0 && at < start; at = text.indexOf("\n", at + 1)) {
      line++;
      counted = at + 1;
    }
    const isBlock = event.type === EVENT_ID.SCALAR && start === event.valueStart && isBlockStyle(event);
    // The text of a block begins in the line after its sign.
    return isBlock ? line - 1 : line;
  };
}

function isBlockStyle({ style }: ScalarEvent): boolean {
  return style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK;
}
