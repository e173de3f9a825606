import type { Operation } from "./history.ts";

/**
 * Whether the operations of one key can be put into an order in which each takes effect at one moment between its invocation
 * and its answer: Wing and Gong's search, which remembers what it has tried (Lowe's improvement). An operation without an
 * answer may take effect at any time after it began, or never.
 *
 * @param first what the key holds before
 * @returns undefined when there is such an order, else the operations at which every order ends
 */
export function findDisorder(
  operations: readonly Operation[],
  first: string | undefined = undefined,
): readonly Operation[] | undefined {
  const sorted = [...operations]
    // A read that nobody saw the answer of says nothing.
    .filter(({ action, answer }) => answer !== undefined || action.type !== "get")
    .sort((left, right) => left.invokedAt - right.invokedAt);
  const search: Search = { sorted, done: new Uint8Array(sorted.length), tried: new Set(), furthest: 0, stuck: [] };
  const open = sorted.filter(({ answer }) => answer !== undefined).length;
  return extend(search, { state: first, from: 0, open }) ? undefined : search.stuck;
}

interface Search {
  readonly sorted: readonly Operation[];
  readonly done: Uint8Array;
  readonly tried: Set<string>;
  furthest: number;
  stuck: readonly Operation[];
}

interface Position {
  /** What the key holds. */
  state: string | undefined;
  /** All before this one are in order. */
  from: number;
  /** So many with an answer are not yet. */
  open: number;
}

function extend(search: Search, position: Position): boolean {
  const taken: number[] = [];
  const { sorted, done } = search;
  let { from, open } = position;
  const { state } = position;
  // Reads that fit go first: they change nothing, so no order is lost.
  for (let again = true; again; ) {
    again = false;
    for (const index of candidates(search, from)) {
      if (!isRead(sorted[index]!) || effect(sorted[index]!, state) === undefined) continue;
      done[index] = 1;
      taken.push(index);
      open--;
      again = true;
    }
    while (done[from] === 1) from++;
  }
  if (open === 0) return true;
  noteStuck(search, { state, from, open });
  const found = isNew(search, state, from) && extendByWrite(search, { state, from, open });
  if (!found) for (const index of taken) done[index] = 0;
  return found;
}

function extendByWrite(search: Search, { state, from, open }: Position): boolean {
  const { sorted, done } = search;
  for (const index of candidates(search, from)) {
    const operation = sorted[index]!;
    if (isRead(operation)) continue;
    const after = effect(operation, state);
    if (after === undefined) continue;
    done[index] = 1;
    const left = operation.answer === undefined ? open : open - 1;
    if (extend(search, { state: after.state, from, open: left })) return true;
    done[index] = 0;
  }
  return false;
}

/** Those that may be next: begun before any that is not in order had its answer. */
function candidates({ sorted, done }: Search, from: number): number[] {
  const found: number[] = [];
  let firstAnswer = Number.POSITIVE_INFINITY;
  for (let index = from; index < sorted.length && sorted[index]!.invokedAt < firstAnswer; index++) {
    if (done[index] === 1) continue;
    firstAnswer = Math.min(firstAnswer, sorted[index]!.answer?.at ?? Number.POSITIVE_INFINITY);
    found.push(index);
  }
  return found.filter((index) => sorted[index]!.invokedAt < firstAnswer);
}

function isNew({ done, tried, sorted }: Search, state: string | undefined, from: number): boolean {
  const beyond: number[] = [];
  for (let index = from; index < sorted.length; index++) if (done[index] === 1) beyond.push(index);
  const position = `${from} ${beyond.join(",")} ${state}`;
  if (tried.has(position)) return false;
  tried.add(position);
  return true;
}

function noteStuck(search: Search, { from, open }: Position): void {
  const ordered = search.sorted.length - open;
  if (ordered < search.furthest) return;
  search.furthest = ordered;
  search.stuck = candidates(search, from).map((index) => search.sorted[index]!);
}

function isRead({ answer }: Operation): boolean {
  return answer !== undefined && answer.type !== "done";
}

/** What the key holds after the operation; undefined when it cannot take effect on this state. */
function effect({ action, answer }: Operation, state: string | undefined): { state: string | undefined } | undefined {
  if (answer?.type === "seen") return answer.value === state ? { state } : undefined;
  const fits = action.type === "create" ? state === undefined : action.type !== "get" && state === action.expected;
  if (answer?.type === "refused") {
    const { holds } = answer;
    const isSame = typeof holds === "object" ? state !== undefined : holds === state;
    return isSame && !fits ? { state } : undefined;
  }
  if (!fits) return undefined;
  return { state: action.type === "create" || action.type === "update" ? action.value : undefined };
}
