import { quantityMilli, quantityValue } from "../../api/quantity.ts";

/** Amounts of resources as plain numbers: cpu in thousandths of a core, memory and storage in bytes, the rest in units. */
export interface Resources {
  readonly milliCpu: number;
  readonly memory: number;
  readonly ephemeralStorage: number;
  /** Huge pages, extended and attachable resources by name; absent when there are none. */
  readonly scalars?: ReadonlyMap<string, number>;
}

export const NO_RESOURCES: Resources = Object.freeze({ milliCpu: 0, memory: 0, ephemeralStorage: 0 });

/** A running sum of resources. */
export class ResourceSum implements Resources {
  milliCpu = 0;
  memory = 0;
  ephemeralStorage = 0;
  scalars: Map<string, number> | undefined;

  add(amounts: Resources): void {
    this.#change(amounts, 1);
  }

  subtract(amounts: Resources): void {
    this.#change(amounts, -1);
  }

  #change(amounts: Resources, sign: number): void {
    this.milliCpu += sign * amounts.milliCpu;
    this.memory += sign * amounts.memory;
    this.ephemeralStorage += sign * amounts.ephemeralStorage;
    if (amounts.scalars === undefined) return;
    this.scalars ??= new Map();
    for (const [name, amount] of amounts.scalars) this.scalars.set(name, (this.scalars.get(name) ?? 0) + sign * amount);
  }
}

/** A ResourceList as numbers. `pods` is left out: it counts pods, and is kept apart. */
export function parseResources(list: Readonly<Record<string, string>> | undefined): Resources {
  if (list === undefined) return NO_RESOURCES;
  let milliCpu = 0;
  let memory = 0;
  let ephemeralStorage = 0;
  let scalars: Map<string, number> | undefined;
  for (const name in list) {
    const quantity = list[name]!;
    if (name === "cpu") milliCpu = parsedMilli(quantity);
    else if (name === "memory") memory = parsedValue(quantity);
    else if (name === "ephemeral-storage") ephemeralStorage = parsedValue(quantity);
    else if (name !== "pods") {
      scalars ??= new Map();
      scalars.set(name, parsedValue(quantity));
    }
  }
  return scalars === undefined
    ? { milliCpu, memory, ephemeralStorage }
    : { milliCpu, memory, ephemeralStorage, scalars };
}

/** The larger of each amount; none is negative. */
export function maxResources(a: Resources, b: Resources): Resources {
  if (b === NO_RESOURCES) return a;
  if (a === NO_RESOURCES) return b;
  return combine(a, b, Math.max);
}

/** The sum of each amount. */
export function sumResources(a: Resources, b: Resources): Resources {
  if (b === NO_RESOURCES) return a;
  if (a === NO_RESOURCES) return b;
  return combine(a, b, add);
}

const add = (left: number, right: number): number => left + right;

function combine(a: Resources, b: Resources, join: (left: number, right: number) => number): Resources {
  const joined = {
    milliCpu: join(a.milliCpu, b.milliCpu),
    memory: join(a.memory, b.memory),
    ephemeralStorage: join(a.ephemeralStorage, b.ephemeralStorage),
  };
  if (a.scalars === undefined && b.scalars === undefined) return joined;
  const scalars = new Map<string, number>();
  for (const name of new Set([...(a.scalars?.keys() ?? []), ...(b.scalars?.keys() ?? [])])) {
    scalars.set(name, join(a.scalars?.get(name) ?? 0, b.scalars?.get(name) ?? 0));
  }
  return { ...joined, scalars };
}

/**
 * Quantities come in few spellings and pods by the thousand, so what was parsed is remembered; the memory is emptied
 * when it is full, so that it stays bounded.
 */
const REMEMBERED = 4096;
const milli = new Map<string, number>();
const whole = new Map<string, number>();

function parsedMilli(quantity: string | number): number {
  return remember(milli, String(quantity), quantityMilli);
}

/** The quantity's whole value, rounded up; remembered. */
export function parsedValue(quantity: string | number): number {
  return remember(whole, String(quantity), quantityValue);
}

function remember(known: Map<string, number>, text: string, parse: (text: string) => number): number {
  let value = known.get(text);
  if (value === undefined) {
    value = parse(text);
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, value);
  }
  return value;
}
