import type { Node } from "../../api/generated/core/v1.ts";
import { nodes } from "../../api/generated/resources.ts";
import { isBeingDeleted } from "../../api/meta.ts";
import { isNotFound } from "../../api/status.ts";
import { type Controller, type ControllerFactory, from } from "../reconciler.ts";
import { type AddressRange, firstFreeRange, formatRange, parseRange } from "./plan.ts";

export interface NodeIpamOptions {
  /** The range that pods get their addresses from. */
  readonly clusterCidr: string;
  /** Size of each node's part, e.g. 24. */
  readonly nodePrefixLength: number;
}

const DEFAULT_NODE_IPAM: NodeIpamOptions = { clusterCidr: "10.244.0.0/16", nodePrefixLength: 24 };

/** Parts of other kinds of addresses are somebody else's. */
function rangeOf(podCidr: string): AddressRange | undefined {
  return /^[0-9./]+$/.test(podCidr) ? parseRange(podCidr) : undefined;
}

interface NodeRange {
  readonly name: string;
  readonly uid: string;
  readonly podCidr: string;
  readonly range: AddressRange | undefined;
  readonly beingDeleted: boolean;
}

/** Of a node's many states most say the same here: then what was kept stays. */
function nodeRange(node: Node, before?: NodeRange): NodeRange {
  const podCidr = node.spec?.podCIDR ?? "";
  const beingDeleted = isBeingDeleted(node);
  if (before !== undefined && before.podCidr === podCidr && before.beingDeleted === beingDeleted) return before;
  const { name = "", uid = "" } = node.metadata ?? {};
  return { name, uid, podCidr, range: rangeOf(podCidr), beingDeleted };
}

/** Gives each node a part of the cluster's pod addresses of its own (`spec.podCIDR`). */
export function nodeIpamController(options: NodeIpamOptions = DEFAULT_NODE_IPAM): ControllerFactory {
  const cluster = parseRange(options.clusterCidr);
  return ({ client, informers, events }): Controller => {
    const nodeInformer = informers.projected({
      resource: nodes,
      project: nodeRange,
    });
    /** Given but not seen in the informer yet. */
    const given = new Map<string, AddressRange>();

    function usedRanges(): AddressRange[] {
      const used = [...given.values()];
      for (const { range } of nodeInformer.each()) if (range !== undefined) used.push(range);
      return used;
    }

    async function give(name: string, range: AddressRange): Promise<void> {
      const podCIDR = formatRange(range);
      given.set(name, range);
      try {
        const body = { spec: { podCIDR, podCIDRs: [podCIDR] } };
        await client.patch(nodes, { name }, { type: "strategic", body });
      } catch (error) {
        given.delete(name);
        if (!isNotFound(error)) throw error;
      }
    }

    return {
      name: "node-ipam-controller",
      sources: [
        from(nodeInformer, ({ key, before, after }) => {
          if (after === undefined || after.podCidr !== "") given.delete(key);
          if (after !== undefined) return [key];
          // A part has become free: nodes that wait for one may have it.
          return before?.podCidr ? nodeInformer.list().map(({ name }) => name) : [];
        }),
      ],
      async reconcile(name) {
        const node = nodeInformer.get(name);
        if (node === undefined || node.podCidr !== "" || node.beingDeleted || given.has(name)) return undefined;
        const range = firstFreeRange(cluster, options.nodePrefixLength, usedRanges());
        if (range === undefined) {
          const about = { apiVersion: "v1", kind: "Node", metadata: { name, uid: node.uid } };
          const message = `Node ${name} status is now: CIDRNotAvailable`;
          events.event(about, { type: "Normal", reason: "CIDRNotAvailable", message });
          return undefined;
        }
        await give(name, range);
        return undefined;
      },
    };
  };
}
