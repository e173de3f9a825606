import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

type Step = "admit" | "validate";
type Going = Promise<void> | void;

/** All plugins, in order: every admit before the object is validated, every validate after. No promise where no plugin makes one. */
export interface AdmissionChain {
  admit(attributes: AdmissionAttributes): Going;
  validate(attributes: AdmissionAttributes): Going;
}

/** Notes how long something took that began at `sinceMs`, and whether it refused. Answers the present, as monotonic milliseconds. */
export type Took = (operation: string, sinceMs: number, isRejected: boolean) => number;

/** Measures each plugin and each of the two steps. */
export interface AdmissionMeter {
  /** Monotonic milliseconds. */
  now(): number;
  plugin(name: string, step: Step): Took;
  step(step: Step): Took;
}

export function admissionChain(plugins: readonly AdmissionPlugin[], meter: AdmissionMeter): AdmissionChain {
  const pass = passThrough(plugins, "admit", meter);
  const passAgain = (attributes: AdmissionAttributes): Going => {
    const { reinvocation } = attributes;
    if (!reinvocation.isRequested) return;
    // What a webhook or policy changed may matter to a plugin that ran before it (upstream: reinvocationHandler).
    reinvocation.isSecondPass = true;
    return pass(attributes);
  };
  return {
    admit: measured(meter, "admit", (attributes) => {
      const going = pass(attributes);
      return going === undefined ? passAgain(attributes) : going.then(() => passAgain(attributes));
    }),
    validate: measured(meter, "validate", passThrough(plugins, "validate", meter)),
  };
}

/** One step of all plugins that have it. Most have done what they do, and need no turn of their own. */
function passThrough(
  plugins: readonly AdmissionPlugin[],
  step: Step,
  meter: AdmissionMeter,
): (attributes: AdmissionAttributes) => Going {
  const asked = plugins.flatMap((plugin) => {
    const run = plugin[step]?.bind(plugin);
    return run === undefined ? [] : [{ plugin, run, took: meter.plugin(plugin.name, step) }];
  });
  /** Asks one after the other, beginning with the one at `first`; where one ends the next one begins, which saves a look at the clock. */
  const goOn = (attributes: AdmissionAttributes, first: number, startMs: number): Going => {
    const { operation } = attributes;
    let sinceMs = startMs;
    for (let at = first; at < asked.length; at++) {
      const { plugin, run, took } = asked[at]!;
      if (!plugin.handles(attributes)) continue;
      const going = begun(run, attributes, { took, operation, sinceMs });
      if (going !== undefined) return afterwards(attributes, at, ended(going, { took, operation, sinceMs }));
      sinceMs = took(operation, sinceMs, false);
    }
  };
  const afterwards = async (attributes: AdmissionAttributes, at: number, ended: Promise<number>): Promise<void> => {
    await goOn(attributes, at + 1, await ended);
  };
  return (attributes) => goOn(attributes, 0, meter.now());
}

function measured(
  meter: AdmissionMeter,
  step: Step,
  run: (attributes: AdmissionAttributes) => Going,
): (attributes: AdmissionAttributes) => Going {
  const took = meter.step(step);
  return (attributes) => {
    const of = { took, operation: attributes.operation, sinceMs: meter.now() };
    const going = begun(run, attributes, of);
    if (going !== undefined) return ended(going, of).then(() => {});
    took(of.operation, of.sinceMs, false);
  };
}

/** What is noted when something that began at `sinceMs` ends. */
interface Noted {
  readonly took: Took;
  readonly operation: string;
  readonly sinceMs: number;
}

/** Begins it, and notes when it refuses at once. */
function begun(
  run: (attributes: AdmissionAttributes) => Going,
  attributes: AdmissionAttributes,
  { took, operation, sinceMs }: Noted,
): Going {
  try {
    return run(attributes);
  } catch (error) {
    took(operation, sinceMs, true);
    throw error;
  }
}

/** Notes the end of what takes its time. Answers when that was. */
async function ended(going: Promise<void>, { took, operation, sinceMs }: Noted): Promise<number> {
  try {
    await going;
  } catch (error) {
    took(operation, sinceMs, true);
    throw error;
  }
  return took(operation, sinceMs, false);
}
