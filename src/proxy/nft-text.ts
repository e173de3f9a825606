import type { Chain, Ruleset } from "./ruleset.ts";

const FAMILY = "ip";
/** Elements in one statement: long enough to be fast, short enough that an error names a readable line. */
const ELEMENTS_A_STATEMENT = 200;
const NOTHING: ReadonlyMap<string, string> = new Map();

/** The transaction that makes the table exactly this ruleset, whatever it was before. */
export function replaceText(table: string, ruleset: Ruleset): string {
  const target = `${FAMILY} ${table}`;
  const empty: Ruleset = { chains: new Map(), sets: new Map(), elements: new Map() };
  return [`add table ${target}`, `delete table ${target}`, `add table ${target}`, ""]
    .join("\n")
    .concat(changeText(table, empty, ruleset));
}

/** The transaction that turns one ruleset into the other; empty when they are alike. */
export function changeText(table: string, before: Ruleset, after: Ruleset): string {
  const target = `${FAMILY} ${table}`;
  const lines: string[] = [];
  for (const [name, declaration] of after.sets) {
    if (!before.sets.has(name)) lines.push(`add ${declaration.kind} ${target} ${name} ${declaration.body}`);
  }
  const written: [string, Chain][] = [];
  for (const [name, chain] of after.chains) {
    const old = before.chains.get(name);
    if (old === undefined) {
      lines.push(`add chain ${target} ${name}${chain.hook === undefined ? "" : ` { ${chain.hook} }`}`);
    } else if (sameRules(old, chain)) continue;
    else lines.push(`flush chain ${target} ${name}`);
    written.push([name, chain]);
  }
  // Removed chains are emptied first: a chain or set that is still referred to cannot be deleted.
  const gone = [...before.chains.keys()].filter((name) => !after.chains.has(name));
  for (const name of gone) lines.push(`flush chain ${target} ${name}`);
  pushElements(lines, "delete", target, elementChanges(before, after));
  for (const [name, chain] of written) {
    for (const rule of chain.rules) lines.push(`add rule ${target} ${name} ${rule}`);
  }
  pushElements(lines, "add", target, elementChanges(after, before));
  for (const name of gone) lines.push(`delete chain ${target} ${name}`);
  for (const [name, declaration] of before.sets) {
    if (!after.sets.has(name)) lines.push(`delete ${declaration.kind} ${target} ${name}`);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** Elements of `from` that `to` has not, or has with another value, a set. */
function elementChanges(from: Ruleset, to: Ruleset): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [set, elements] of from.elements) {
    const others = to.elements.get(set) ?? NOTHING;
    const changed: string[] = [];
    for (const [key, value] of elements) {
      if (others.get(key) !== value) changed.push(value === "" ? key : `${key} : ${value}`);
    }
    if (changed.length > 0) found.set(set, changed);
  }
  return found;
}

function pushElements(lines: string[], verb: "add" | "delete", target: string, changes: Map<string, string[]>): void {
  for (const [set, elements] of changes) {
    for (let start = 0; start < elements.length; start += ELEMENTS_A_STATEMENT) {
      const batch = elements.slice(start, start + ELEMENTS_A_STATEMENT);
      lines.push(`${verb} element ${target} ${set} { ${batch.join(", ")} }`);
    }
  }
}

function sameRules(a: Chain, b: Chain): boolean {
  if (a === b) return true;
  return a.rules.length === b.rules.length && a.rules.every((rule, index) => rule === b.rules[index]);
}
