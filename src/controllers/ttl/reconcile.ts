import { nodes } from "../../api/generated/resources.ts";
import { isNotFound } from "../../api/status.ts";
import { type ControllerFactory, from } from "../reconciler.ts";
import { nextStep, secondsOf } from "./plan.ts";

const ANNOTATION = "node.alpha.kubernetes.io/ttl";

/** Tells kubelets how long they may use what they have read: the longer, the more of them there are. */
export const ttlController: ControllerFactory = ({ client, informers }) => {
  const known = informers.projected({
    resource: nodes,
    project: ({ metadata }) => ({ ttl: metadata?.annotations?.[ANNOTATION] }),
  });
  let count = 0;
  let step = 0;
  return {
    name: "ttl-controller",
    workers: 5,
    // When the size of the cluster changes, a node follows at its next word.
    sources: [
      from(known, ({ key, before, after }) => {
        count += Number(after !== undefined) - Number(before !== undefined);
        return after === undefined ? [] : [key];
      }),
    ],
    async reconcile(name) {
      const node = known.get(name);
      step = nextStep(step, count);
      const ttl = String(secondsOf(step));
      if (node === undefined || node.ttl === ttl) return undefined;
      try {
        const body = { metadata: { annotations: { [ANNOTATION]: ttl } } };
        await client.patch(nodes, { name }, { type: "strategic", body });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
};
