import type { AdmissionPlugin } from "./admission.ts";

/** A plugin of a feature that 1.36 has switched off: it is there by name, and looks at nothing. */
export function switchedOff(name: string): AdmissionPlugin {
  return { name, handles: () => false };
}
