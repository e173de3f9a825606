import { deploymentController } from "./deployment/reconcile.ts";
import type { ControllerFactory } from "./reconciler.ts";
import { replicaSetController } from "./replicaset/replicaset.ts";
import { replicationController } from "./replication/replication.ts";

/** All controllers by their upstream names: the one place where a controller becomes part of the program. */
export const controllerTable: Readonly<Record<string, ControllerFactory>> = {
  "deployment-controller": deploymentController,
  "replicaset-controller": replicaSetController,
  "replicationcontroller-controller": replicationController,
};
