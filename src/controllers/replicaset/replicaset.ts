import { replicaSets } from "../../api/generated/resources.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import { replicaController } from "./reconcile.ts";

/** Keeps the pods of ReplicaSets. */
export const replicaSetController = replicaController({
  controllerName: "replicaset-controller",
  resource: replicaSets,
  selector: (set) => labelSelectorOf(set.spec?.selector),
  countsTerminating: true,
});
