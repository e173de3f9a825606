import type { CustomResourceSubresourceScale } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import { getAtPath, parseSimplePath, setAtPath } from "../../api/json-path/simple-path.ts";
import type { AnyObject, ApiObject } from "../../api/meta.ts";
import type { JsonObject } from "../../api/patch/json-value.ts";
import { formatLabelSelector } from "../../api/selectors.ts";
import type { ServedResource } from "../registry/resource.ts";

export interface Scale extends ApiObject {
  spec?: { replicas?: number };
  status?: { replicas: number; selector?: string };
}

/** Where an object keeps how many replicas there shall be and are. */
export interface ScaleAccess {
  /** The field of `spec.replicas`, for messages. */
  readonly replicasPath: string;
  /** How many there shall be; undefined when the object does not say. */
  wanted(object: ApiObject): number | undefined;
  actual(object: ApiObject): number;
  selector(object: ApiObject): string;
  /** In place. */
  setWanted(draft: ApiObject, replicas: number): void;
}

/** Custom resources say where it stands; all others have it in the same places. */
export function scaleAccess(resource: ServedResource): ScaleAccess {
  const paths = resource.custom?.scale;
  return paths === undefined ? builtInAccess : customAccess(paths);
}

interface Scalable extends AnyObject {
  spec?: { replicas?: number; selector?: unknown };
  status?: { replicas?: number };
}

const builtInAccess: ScaleAccess = {
  replicasPath: ".spec.replicas",
  wanted: (object) => (object as Scalable).spec?.replicas,
  actual: (object) => (object as Scalable).status?.replicas ?? 0,
  selector(object) {
    const selector = ((object as Scalable).spec?.selector ?? {}) as Record<string, unknown>;
    // ReplicationControllers select by a plain map.
    const isPlain = object.kind === "ReplicationController";
    return formatLabelSelector(isPlain ? { matchLabels: selector as Record<string, string> } : selector);
  },
  setWanted(draft, replicas) {
    const scalable = draft as Scalable;
    scalable.spec = { ...scalable.spec, replicas };
  },
};

function customAccess(paths: CustomResourceSubresourceScale): ScaleAccess {
  const wanted = parseSimplePath(paths.specReplicasPath);
  const actual = parseSimplePath(paths.statusReplicasPath);
  const selector = paths.labelSelectorPath ? parseSimplePath(paths.labelSelectorPath) : undefined;
  const numberAt = (object: ApiObject, path: typeof wanted): number | undefined => {
    const value = getAtPath(object, path);
    return typeof value === "number" ? value : undefined;
  };
  return {
    replicasPath: paths.specReplicasPath,
    wanted: (object) => numberAt(object, wanted),
    actual: (object) => numberAt(object, actual) ?? 0,
    selector: (object) => String((selector && getAtPath(object, selector)) ?? ""),
    setWanted: (draft, replicas) => void setAtPath(draft as JsonObject, wanted, replicas),
  };
}

/** The Scale that an object shows. */
export function scaleOf(object: ApiObject, access: ScaleAccess): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  const replicas = access.wanted(object);
  const selector = access.selector(object);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as NonNullable<Scale["metadata"]>,
    spec: replicas === undefined ? {} : { replicas },
    status: { replicas: access.actual(object), ...(selector !== "" && { selector }) },
  };
}
