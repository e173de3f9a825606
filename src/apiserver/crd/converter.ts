import type { CustomResourceDefinition } from "../../api/generated/apiextensions.k8s.io/v1.ts";
import type { ApiObject } from "../../api/meta.ts";
import type { Random } from "../../base/random.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";

/**
 * Brings objects of any version of a definition, all of one version, to another. They are not changed.
 * @throws StatusError when that cannot be done
 */
export type Converter = (
  objects: readonly ApiObject[],
  apiVersion: string,
) => readonly ApiObject[] | Promise<readonly ApiObject[]>;

/** The conversion strategy None: only apiVersion changes. */
const noneConverter: Converter = (objects, apiVersion) => objects.map((object) => ({ ...object, apiVersion }));

/** How a definition wants its versions converted. A webhook is not even loaded before the first conversion. */
export function converterOf(
  { spec }: CustomResourceDefinition,
  options: { webhooks: WebhookClient; random: Random },
): Converter {
  const { webhook, strategy } = spec.conversion ?? {};
  if (strategy !== "Webhook" || webhook === undefined) return noneConverter;
  return async (objects, apiVersion) => {
    const { convertByWebhook } = await import("./convert-by-webhook.ts");
    return convertByWebhook({ objects, apiVersion, webhook }, options);
  };
}
