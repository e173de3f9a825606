import type { AnyObject } from "../../api/meta.ts";
import { type ReceivedCall, startWebhookServer, type WebhookResponder, type WebhookServer } from "./webhook-server.ts";

/** The request in an AdmissionReview. */
export interface ReviewRequest {
  readonly uid: string;
  readonly kind: { group: string; version: string; kind: string };
  readonly resource: { group: string; version: string; resource: string };
  readonly subResource?: string;
  readonly requestKind: { group: string; version: string; kind: string };
  readonly requestResource: { group: string; version: string; resource: string };
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: string;
  readonly userInfo: { username: string; groups: string[] };
  readonly object: AnyObject | null;
  readonly oldObject: AnyObject | null;
  readonly dryRun: boolean;
  readonly options: AnyObject | null;
}

/** What a hook says: allowed unless it says otherwise; a patch is given as its operations. */
export interface HookAnswer {
  readonly allowed?: boolean;
  readonly status?: object;
  readonly patch?: readonly object[];
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Record<string, string>;
}

/** `undefined` never answers. */
export type HookLogic = (request: ReviewRequest, path: string) => HookAnswer | undefined;

/** An admission webhook as a real server. */
export interface AdmissionHook extends WebhookServer {
  /** What it decides from now on. */
  decide: HookLogic;
  /** The responder that asks `decide`. */
  readonly review: WebhookResponder;
  requests(): ReviewRequest[];
}

export async function startAdmissionHook(decide: HookLogic): Promise<AdmissionHook> {
  const review: WebhookResponder = (call) => {
    const answer = hook.decide(requestOf(call), call.path.split("?")[0]!);
    return answer === undefined ? undefined : { body: reviewAnswer(requestOf(call), answer) };
  };
  const server = await startWebhookServer(review);
  const hook: AdmissionHook = Object.assign(server, {
    decide,
    review,
    requests: () => server.calls.map(requestOf),
  });
  return hook;
}

function requestOf(call: ReceivedCall): ReviewRequest {
  return (call.body as { request: ReviewRequest }).request;
}

function reviewAnswer({ uid }: ReviewRequest, { patch, allowed = true, ...rest }: HookAnswer): object {
  const encoded = patch === undefined ? {} : { patchType: "JSONPatch", patch: base64(JSON.stringify(patch)) };
  const response = { uid, allowed, ...rest, ...encoded };
  return { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", response };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
