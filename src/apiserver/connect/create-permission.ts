import { forbidden } from "../../api/status.ts";
import { present } from "../../base/assert.ts";
import type { Exchange } from "../exchange.ts";
import { attributesOf } from "../filters/authorization.ts";
import type { Environment } from "../handlers/environment.ts";

/**
 * Who may only look does not open streams into a container: WebSocket clients GET what SPDY clients POST, and both need to be
 * allowed to create (upstream's AuthorizePodWebsocketUpgradeCreatePermission).
 * @throws StatusError Forbidden
 */
export async function checkMayCreate(exchange: Exchange, { authorizer }: Environment): Promise<void> {
  const { verb, group, resource, name } = exchange.info;
  if (verb === "create") return;
  const user = present(exchange.user, "the user of an authorized request");
  const { decision, reason } = await authorizer.authorize({ ...attributesOf(user, exchange), verb: "create" });
  if (decision !== "allow") throw forbidden({ group, resource }, name, reason);
}
