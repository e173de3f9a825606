import type { NodeFailure, PodRule, Simulation } from "./simulation.ts";

/** A simulation that a person wrote is not one. The message says where and what is allowed. */
export class SimulationError extends Error {
  override name = "SimulationError";
}

type Check = (value: unknown, path: string) => void;

const fail = (path: string, what: string): never => {
  throw new SimulationError(`${path === "" ? "the simulation" : path} ${what}`);
};

const text: Check = (value, path) => void (typeof value === "string" || fail(path, "must be text"));
const amount: Check = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    fail(path, "must be a number that is not negative");
};
const exitCode: Check = (value, path) => {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 255) fail(path, "must be 0 to 255");
};
const listOf =
  (check: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return fail(path, "must be a list");
    value.forEach((each, index) => {
      check(each, `${path}[${index}]`);
    });
  };
const texts: Check = (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(path, "must be a map of texts");
  for (const [key, each] of Object.entries(value)) text(each, `${path}.${key}`);
};

/** An object with these fields and no others; those of `required` must be there. */
const fields =
  (known: Readonly<Record<string, Check>>, required: readonly string[] = []): Check =>
  (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(path, "must be an object");
    for (const [name, each] of Object.entries(value)) {
      const at = path === "" ? name : `${path}.${name}`;
      if (!Object.hasOwn(known, name)) fail(at, `is not known; known are ${Object.keys(known).join(", ")}`);
      known[name]?.(each, at);
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name)) fail(path === "" ? name : `${path}.${name}`, "must be set");
    }
  };

const probe = fields({ failsBeforeMs: amount, failsAfterMs: amount });
const taint = fields({ key: text, value: text, effect: text, timeAdded: text }, ["key", "effect"]);

const podRule: Record<keyof PodRule, Check> = {
  namespaces: listOf(text),
  images: listOf(text),
  labels: texts,
  sandbox: fields({ durationMs: amount, error: text }),
  pull: fields({ durationMs: amount, sizeBytes: amount, error: text }),
  start: fields({ durationMs: amount, error: text }),
  exit: fields({ afterMs: amount, code: exitCode }, ["afterMs"]),
  terminate: fields({ afterMs: amount, code: exitCode }, ["afterMs"]),
  probes: fields({ readiness: probe, liveness: probe, startup: probe }),
};

const failure: Record<keyof NodeFailure, Check> = { nodes: listOf(text), afterMs: amount, forMs: amount };

const simulation: Record<keyof Simulation, Check> = {
  nodes: fields({ cpus: amount, memoryBytes: amount, pods: amount, labels: texts, taints: listOf(taint) }),
  rules: listOf(fields(podRule)),
  failures: listOf(fields(failure, ["nodes", "afterMs"])),
};

/** @throws SimulationError naming the field that is wrong */
export function readSimulation(value: unknown): Simulation {
  fields(simulation)(value ?? {}, "");
  return (value ?? {}) as Simulation;
}
