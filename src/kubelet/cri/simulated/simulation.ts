import type { Taint } from "../../../api/generated/core/v1.ts";
import type { ContainerConfig } from "../config.ts";
import { DEFAULT_RULES, type KeptSandbox, type SimulationRules } from "./rules.ts";

/**
 * A simulation as a person writes it down: what simulated nodes have, how the pods on them behave, and which nodes fail.
 * Times are in milliseconds. Of several rules the first that fits a pod and says something counts, part by part.
 */
export interface Simulation {
  readonly nodes?: SimulatedNodeFacts;
  readonly rules?: readonly PodRule[];
  readonly failures?: readonly NodeFailure[];
}

export interface SimulatedNodeFacts {
  readonly cpus?: number;
  readonly memoryBytes?: number;
  readonly pods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
}

export interface PodRule {
  /** Patterns with `*`; without them the rule fits every pod. */
  readonly namespaces?: readonly string[];
  readonly images?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly sandbox?: { readonly durationMs?: number; readonly error?: string };
  readonly pull?: { readonly durationMs?: number; readonly sizeBytes?: number; readonly error?: string };
  readonly start?: { readonly durationMs?: number; readonly error?: string };
  /** Containers end by themselves, or run on when this is absent. */
  readonly exit?: { readonly afterMs: number; readonly code?: number };
  /** How long containers take to end when they are asked to. */
  readonly terminate?: { readonly afterMs: number; readonly code?: number };
  /** What probes say: `fail` always, or after so long since the container's start. */
  readonly probes?: {
    readonly readiness?: SimulatedProbe;
    readonly liveness?: SimulatedProbe;
    readonly startup?: SimulatedProbe;
  };
}

export interface SimulatedProbe {
  readonly failsBeforeMs?: number;
  readonly failsAfterMs?: number;
}

/** A node's kubelet falls silent, and comes back when `forMs` is given. */
export interface NodeFailure {
  readonly nodes: readonly string[];
  readonly afterMs: number;
  readonly forMs?: number;
}

/** What a rule is matched against. */
export interface SimulatedPod {
  readonly namespace: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

type Said = "sandbox" | "pull" | "start" | "exit" | "terminate" | "probes";

/** What the first fitting rule that says something of it says. */
export function said<K extends Said>(simulation: Simulation, pod: SimulatedPod, part: K): PodRule[K] {
  return simulation.rules?.find((rule) => rule[part] !== undefined && fits(rule, pod))?.[part];
}

function fits({ namespaces, images, labels = {} }: PodRule, pod: SimulatedPod): boolean {
  if (namespaces !== undefined && !namespaces.some((pattern) => matchesPattern(pattern, pod.namespace))) return false;
  if (images !== undefined && !images.some((pattern) => matchesPattern(pattern, pod.image))) return false;
  return Object.entries(labels).every(([key, value]) => pod.labels[key] === value);
}

/** `*` stands for any text. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === text;
  const last = rest.pop()!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

/** Thousands of nodes of one process have the same one. */
const knownRules = new WeakMap<Simulation, SimulationRules>();

/** How the simulated runtime behaves under the simulation. Where it says nothing, everything works. */
export function rulesOf(simulation: Simulation): SimulationRules {
  let rules = knownRules.get(simulation);
  if (rules === undefined) {
    rules = simulatedRules(simulation);
    knownRules.set(simulation, rules);
  }
  return rules;
}

function simulatedRules(simulation: Simulation): SimulationRules {
  const podOf = (sandbox: KeptSandbox, image = ""): SimulatedPod => ({
    namespace: sandbox.metadata.namespace,
    image,
    labels: sandbox.labels,
  });
  return {
    ...DEFAULT_RULES,
    sandbox(config) {
      const rule = said(simulation, podOf(config), "sandbox");
      return { durationMs: rule?.durationMs ?? DEFAULT_RULES.sandbox(config).durationMs, error: rule?.error };
    },
    pull(image) {
      const rule = said(simulation, { namespace: "", image, labels: {} }, "pull");
      const usual = DEFAULT_RULES.pull(image);
      const durationMs = rule?.durationMs ?? usual.durationMs;
      if (rule?.error !== undefined) return { durationMs, error: rule.error };
      return { ...usual, durationMs, ...(rule?.sizeBytes !== undefined && { sizeBytes: rule.sizeBytes }) };
    },
    behave(config: ContainerConfig, sandbox: KeptSandbox) {
      const pod = podOf(sandbox, config.image.userSpecifiedImage || config.image.image);
      const [start, exit, terminate] = [
        said(simulation, pod, "start"),
        said(simulation, pod, "exit"),
        said(simulation, pod, "terminate"),
      ];
      const usual = DEFAULT_RULES.behave(config, sandbox);
      if (start === undefined && exit === undefined && terminate === undefined) return usual;
      return {
        ...usual,
        ...(start?.durationMs !== undefined && { startMs: start.durationMs }),
        ...(start?.error !== undefined && { startError: start.error }),
        ...(exit !== undefined && { exit: { afterMs: exit.afterMs, code: exit.code ?? 0 } }),
        ...(terminate !== undefined && { onTerm: { afterMs: terminate.afterMs, code: terminate.code ?? 0 } }),
      };
    },
  };
}
