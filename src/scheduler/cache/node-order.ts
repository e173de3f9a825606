import type { NodeInfo } from "./node-info.ts";

/** The nodes, one of each zone in turn, so that a search that stops early has seen all zones alike. */
export function interleaveZones(nodes: readonly NodeInfo[]): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const node of nodes) {
    const zone = zones.get(node.facts.zone);
    if (zone === undefined) zones.set(node.facts.zone, [node]);
    else zone.push(node);
  }
  if (zones.size <= 1) return [...nodes];
  const ordered: NodeInfo[] = [];
  for (let turn = 0; ordered.length < nodes.length; turn++) {
    for (const zone of zones.values()) if (turn < zone.length) ordered.push(zone[turn]!);
  }
  return ordered;
}
