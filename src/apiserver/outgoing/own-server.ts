import type { ApiObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { parseForeignJson } from "../../base/exact-json.ts";
import { onAbort } from "../../base/on-abort.ts";
import type { Answer } from "../exchange.ts";
import type { LocalRequests } from "../local-requests.ts";
import { answerOf, readAnswer } from "./read-answer.ts";
import { type WebhookAnswer, WebhookCallError, type WebhookEndpoint } from "./webhook-client.ts";

/**
 * A webhook may stand behind the API server itself: at a path of an aggregated API server, say, which then need not know
 * anybody else. Such calls stay in the process, as the server's own user, wherever the Service `kubernetes` leads
 * (upstream: apiserver util/webhook's authentication resolver gives them its loopback client).
 */
export function isOwnServer({ service }: WebhookEndpoint): boolean {
  return service?.namespace === "default" && service.name === "kubernetes" && (service.port ?? 443) === 443;
}

export interface OwnCall {
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** POSTs to this server. @throws WebhookCallError; the signal's reason when it aborts */
export async function callOwnServer(
  send: LocalRequests,
  { path, query, body, signal }: OwnCall,
): Promise<WebhookAnswer> {
  signal.throwIfAborted();
  const over = Promise.withResolvers<never>();
  const forget = onAbort(signal, () => over.reject(signal.reason));
  // Objects in process pass by reference; those in a review are others', so that it is read as if it had come from outside.
  const request = { method: "POST", path, query: Object.fromEntries(query), body: parseForeignJson(body) } as const;
  try {
    return await Promise.race([answered(send({ ...request, contentType: "application/json" }, signal)), over.promise]);
  } finally {
    forget();
  }
}

async function answered(answering: Promise<Answer>): Promise<WebhookAnswer> {
  let answer: Answer;
  try {
    answer = await answering;
  } catch (error) {
    if (error instanceof StatusError) return { code: error.code, body: error.status as ApiObject };
    throw error;
  }
  switch (answer.kind) {
    case "object":
      return { code: answer.code, body: answer.bytes === undefined ? answer.object : parsed(answer.bytes) };
    case "text":
      return answerOf(answer.code, answer.text.toString());
    case "stream":
      return readAnswer(answer.code, answer.chunks);
    default:
      throw new WebhookCallError(`the API server answers a POST with a ${answer.kind}`);
  }
}

function parsed(bytes: Buffer): unknown {
  return parseForeignJson(bytes.toString());
}
