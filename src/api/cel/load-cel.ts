import type { Cel } from "./cel.ts";

let loading: Promise<Cel> | undefined;

/** The implementation of CEL, imported when somebody first needs it. */
export function loadCel(): Promise<Cel> {
  loading ??= import("./engine.ts").then(({ engine }) => engine);
  return loading;
}
