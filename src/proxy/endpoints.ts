import type { EndpointFacts, NodeFacts, ServiceFacts, ServicePortFacts, SliceFacts } from "./model.ts";

/** A place that traffic may go to. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly local: boolean;
}

/** Where the traffic of a service port may go. */
export interface Targets {
  /** For traffic that may go to any node. */
  readonly cluster: readonly Target[];
  /** For traffic that a `Local` policy keeps on this node. */
  readonly local: readonly Target[];
  /** Whether any endpoint could take traffic at all: without one it is rejected, not dropped. */
  readonly any: boolean;
}

type Candidate = Target & { readonly facts: EndpointFacts };

/**
 * Chooses endpoints as kube-proxy does (pkg/proxy/topology.go): ready ones, near ones where all of them carry hints for
 * this node or zone; and where none is ready, those that are terminating but still serve.
 */
export function chooseTargets(
  service: ServiceFacts,
  port: ServicePortFacts,
  context: { slices: readonly SliceFacts[]; node: NodeFacts },
): Targets {
  const candidates = candidatesOf(port, context.slices, context.node);
  const usable = readyOrServing(candidates);
  const local = readyOrServing(candidates.filter((candidate) => candidate.local));
  const ready = usable.filter((candidate) => candidate.facts.ready);
  const cluster = ready.length === 0 ? usable : nearest(ready, context.node);
  const needsLocal = service.internalLocal || service.externalLocal;
  return { cluster: cluster.map(plain), local: needsLocal ? local.map(plain) : [], any: usable.length > 0 };
}

/** How many different endpoints of the service on this node take traffic. */
export function localEndpoints(
  service: ServiceFacts,
  context: { slices: readonly SliceFacts[]; node: NodeFacts },
): number {
  const addresses = service.ports.flatMap((port) => chooseTargets(service, port, context).local);
  return new Set(addresses.map((target) => target.address)).size;
}

function candidatesOf(port: ServicePortFacts, slices: readonly SliceFacts[], node: NodeFacts): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    const target = slice.ports.find((other) => other.name === port.name && other.protocol === port.protocol);
    if (target === undefined) continue;
    for (const facts of slice.endpoints) {
      const id = `${facts.address}:${target.port}`;
      const known = found.get(id);
      // While an endpoint moves from one slice to another, both may hold it: the ready one counts.
      if (known !== undefined && (known.facts.ready || !facts.ready)) continue;
      found.set(id, { address: facts.address, port: target.port, local: facts.nodeName === node.nodeName, facts });
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function readyOrServing(candidates: readonly Candidate[]): Candidate[] {
  const ready = candidates.filter((candidate) => candidate.facts.ready);
  if (ready.length > 0) return ready;
  return candidates.filter((candidate) => candidate.facts.serving && candidate.facts.terminating);
}

function nearest(ready: readonly Candidate[], node: NodeFacts): readonly Candidate[] {
  if (ready.every((candidate) => (candidate.facts.forNodes ?? []).length > 0)) {
    const here = ready.filter((candidate) => candidate.facts.forNodes?.includes(node.nodeName));
    if (here.length > 0) return here;
  }
  if (node.zone !== "" && ready.every((candidate) => (candidate.facts.forZones ?? []).length > 0)) {
    const here = ready.filter((candidate) => candidate.facts.forZones?.includes(node.zone));
    if (here.length > 0) return here;
  }
  return ready;
}

function plain(candidate: Candidate): Target {
  return { address: candidate.address, port: candidate.port, local: candidate.local };
}
