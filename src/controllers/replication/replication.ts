import { replicationControllers } from "../../api/generated/resources.ts";
import { matchesMap } from "../../api/selectors.ts";
import { replicaController } from "../replicaset/reconcile.ts";

/** Keeps the pods of ReplicationControllers, by the ReplicaSets' code. */
export const replicationController = replicaController({
  controllerName: "replicationcontroller-controller",
  resource: replicationControllers,
  selector: (controller) => {
    const selector = controller.spec?.selector ?? {};
    // An empty selector would take every pod; the API server fills it from the template, so it only means "none yet".
    return Object.keys(selector).length === 0 ? () => false : (labels) => matchesMap(selector, labels);
  },
  countsTerminating: false,
});
