import type { ReplicaSetStatus } from "../../api/generated/apps/v1.ts";
import type { PodTemplateSpec } from "../../api/generated/core/v1.ts";
import type { ApiObject, ResourceReference } from "../../api/meta.ts";
import type { Labels } from "../../api/selectors.ts";

/** What ReplicaSets and ReplicationControllers have in common. */
export interface ReplicatedObject extends ApiObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status?: ReplicaSetStatus;
}

/** In what they differ, as data: one controller serves both. */
export interface ReplicaKind<T extends ReplicatedObject> {
  readonly controllerName: string;
  readonly resource: ResourceReference<T>;
  /** The pods it selects. @throws SelectorError */
  selector(object: T): (labels: Labels | undefined) => boolean;
  /** Whether its status counts terminating pods. */
  readonly countsTerminating: boolean;
}
