import { subjectAccessReviews } from "../../api/generated/resources.ts";
import type { Clock } from "../../base/clock.ts";
import type { Client } from "../../client/client.ts";
import { AnswerCache } from "./answer-cache.ts";
import type { Caller } from "./authentication.ts";

export interface NodeAccess {
  readonly verb: string;
  /** Subresources of the node any of which is enough. */
  readonly subresources: readonly string[];
}

/** Whether the API server lets the caller do that on this node (SubjectAccessReview). */
export type Authorize = (caller: Caller, access: NodeAccess) => Promise<boolean>;

/** Upstream's webhook cache of the kubelet. */
const KEEP_ALLOWED_MS = 300_000;
const KEEP_DENIED_MS = 30_000;
const CAPACITY = 1_000;

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** By first segment of the path; what is not here is `proxy`. As upstream's pkg/kubelet/server/auth.go. */
const SUBRESOURCES: Readonly<Record<string, readonly string[]>> = {
  stats: ["stats"],
  metrics: ["metrics"],
  logs: ["log"],
  checkpoint: ["checkpoint"],
  pods: ["pods", "proxy"],
  runningpods: ["pods", "proxy"],
  healthz: ["healthz", "proxy"],
  configz: ["configz", "proxy"],
};

/** What a request is about, for authorization. */
export function nodeAccess(method: string, path: string): NodeAccess {
  const first = path.split("/")[1] ?? "";
  return { verb: VERBS[method] ?? "", subresources: SUBRESOURCES[first] ?? ["proxy"] };
}

export function authorizer(options: { client: Client; clock: Clock; nodeName: string }): Authorize {
  const answers = new AnswerCache<boolean>(options.clock, CAPACITY);
  const keepMs = (allowed: boolean): number => (allowed ? KEEP_ALLOWED_MS : KEEP_DENIED_MS);
  return async (caller, access) => {
    for (const subresource of access.subresources) {
      const spec = {
        user: caller.name,
        uid: caller.uid,
        groups: [...caller.groups],
        extra: caller.extra,
        resourceAttributes: {
          verb: access.verb,
          version: "v1",
          resource: "nodes",
          subresource,
          name: options.nodeName,
        },
      };
      const ask = async (): Promise<boolean> =>
        (await options.client.create(subjectAccessReviews, { spec } as object)).status?.allowed === true;
      if (await answers.get(JSON.stringify(spec), ask, keepMs)) return true;
    }
    return false;
  };
}
