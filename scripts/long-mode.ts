import { parseArgs } from "node:util";

interface LongMode<N extends string, F extends string> {
  readonly usage: string;
  /** Options that are whole numbers, above 0 where they have a default; "" is none. */
  readonly numbers: Readonly<Record<N, string>>;
  readonly flags?: readonly F[];
}

type Words<N extends string, F extends string> = Readonly<Record<N, string> & Record<F, boolean>>;

/** Reads the words of a test's long mode. Prints its usage and ends with 0 when asked to, with 2 when a word is wrong. */
export function readWords<N extends string, F extends string = never>(mode: LongMode<N, F>): Words<N, F> {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const name of Object.keys(mode.numbers)) options[name] = { type: "string" };
  for (const name of mode.flags ?? []) options[name] = { type: "boolean" };
  try {
    const { values } = parseArgs({ options });
    if (values.help === true) {
      console.log(mode.usage);
      process.exit(0);
    }
    const numbers = Object.entries<string>(mode.numbers).map(([name, byDefault]) => {
      const value = String(values[name] ?? byDefault);
      const allowed = byDefault === "" ? /^\d*$/ : /^[1-9]\d*$/;
      if (!allowed.test(value)) throw new Error(`--${name} ${value}: give a whole number`);
      return [name, value];
    });
    const flags = (mode.flags ?? []).map((name) => [name, values[name] === true]);
    return Object.fromEntries([...numbers, ...flags]) as Words<N, F>;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${mode.usage}`);
    process.exit(2);
  }
}
