import type { IncomingMessage } from "node:http";
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
  const connection = remote.availability?.status === "False" ? undefined : await connect(aggregator, remote);
  if (connection === undefined) return textAnswer("service unavailable\n", { code: 503 });
  const question = exchange.query.size === 0 ? "" : `?${exchange.query}`;
  const request = { ...connection, method: exchange.method, path: `${exchange.path}${question}` };
  const user = present(exchange.user, "the user of an authenticated request");
  const { upgrade } = exchange;
  if (upgrade !== undefined) {
    const headers = withIdentity({ ...forwardedHeaders(upgrade.request), ...wayHeaders(exchange) }, user);
    return forwardUpgrade(exchange, upgrade, { request, headers, refuse: refuseRedirect });
  }
  const given = { ...handedOnHeaders(exchange), ...wayHeaders(exchange) };
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

/** What a proxy says of the way that a request took. */
function wayHeaders({ path, headers, remoteAddress = "" }: Exchange): Record<string, string> {
  const before = headers["x-forwarded-for"];
  const way = [...(before === undefined ? [] : [before].flat()), ...(remoteAddress === "" ? [] : [remoteAddress])];
  return { "x-forwarded-uri": path, ...(way.length > 0 && { "x-forwarded-for": way.join(", ") }) };
}

/** Undefined when its Service has nobody who answers. */
async function connect(aggregator: Aggregator, { object }: RemoteService): Promise<Connection | undefined> {
  try {
    return await aggregator.connections.connectionTo(object);
  } catch (error) {
    if (error instanceof WebhookCallError) return undefined;
    throw error;
  }
}
