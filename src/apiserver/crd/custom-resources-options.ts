import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { Transport } from "../../client/transport.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import type { ObjectReader } from "../reader.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import type { ServeOptions } from "./serve-definition.ts";

export interface CustomResourcesOptions extends ServeOptions {
  readonly reader: ObjectReader;
  readonly table: ResourceTable;
  readonly webhooks: WebhookClient;
  /** Writes as the API server itself. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}
