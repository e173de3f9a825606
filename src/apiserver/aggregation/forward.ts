import type { IncomingMessage } from "node:http";
import { serviceUnavailable } from "../../api/status.ts";
import { present } from "../../base/assert.ts";
import { forwardedHeaders } from "../../base/http-upgrade.ts";
import {
  type Connection,
  forwardPlain,
  forwardUpgrade,
  handedBackHeaders,
  handedOnHeaders,
} from "../connect/forward.ts";
import { type Answer, type Exchange, textAnswer } from "../exchange.ts";
import { WebhookCallError } from "../outgoing/webhook-client.ts";
import type { Aggregator, RemoteService } from "./aggregator.ts";
import { withIdentity } from "./identity-headers.ts";

const OPENAPI = "/openapi/v3";

/** Hands requests for the APIs of other servers on to them, as the user who asks; undefined for all others. */
export function aggregatedHandler(aggregator: Aggregator): (exchange: Exchange) => Promise<Answer> | undefined {
  return (exchange) => {
    if (isCore(exchange)) return undefined;
    const path = exchange.path.startsWith(OPENAPI) ? exchange.path.slice(OPENAPI.length) : exchange.path;
    const [root, group = "", version = ""] = path.split("/", 4).slice(1);
    if (root !== "apis" || version === "") return undefined;
    const remote = aggregator.find(group, version);
    return remote === undefined ? undefined : handOn(aggregator, remote, exchange);
  };
}

/** The core group is always served here. */
function isCore({ info }: Exchange): boolean {
  return info.isResourceRequest && info.group === "";
}

async function handOn(aggregator: Aggregator, remote: RemoteService, exchange: Exchange): Promise<Answer> {
  if (remote.availability?.status === "False") throw serviceUnavailable("service unavailable");
  const connection = await connect(aggregator, remote);
  const question = exchange.query.size === 0 ? "" : `?${exchange.query}`;
  const request = { ...connection, method: exchange.method, path: `${exchange.path}${question}` };
  const user = present(exchange.user, "the user of an authenticated request");
  const { upgrade } = exchange;
  if (upgrade !== undefined) {
    const headers = withIdentity(forwardedHeaders(upgrade.request), user);
    return forwardUpgrade(exchange, upgrade, { request, headers, refuse: refuseRedirect });
  }
  const given = handedOnHeaders(exchange);
  if (exchange.body.value !== undefined) given["content-type"] = exchange.body.contentType || "application/json";
  const response = await forwardPlain(exchange, request, withIdentity(given, user));
  const refused = refuseRedirect(response);
  if (refused !== undefined) return refused;
  return {
    kind: "stream",
    code: response.statusCode ?? 502,
    headers: handedBackHeaders(response),
    chunks: response as AsyncIterable<Buffer>,
  };
}

/** Clients would follow a redirect with what they say of themselves to this server, to wherever it leads. */
function refuseRedirect(response: IncomingMessage): Answer | undefined {
  const { statusCode = 0, headers } = response;
  if (statusCode < 300 || statusCode > 399 || !headers.location) return undefined;
  response.destroy();
  return textAnswer("the backend attempted to redirect this request, which is not permitted", { code: 502 });
}

async function connect(aggregator: Aggregator, { object }: RemoteService): Promise<Connection> {
  try {
    return await aggregator.connections.connectionTo(object);
  } catch (error) {
    if (error instanceof WebhookCallError) throw serviceUnavailable(error.message);
    throw error;
  }
}
