import type { ResourceReference } from "../../../api/meta.ts";
import type { ObjectReader } from "../../reader.ts";
import { type CompiledWebhook, compileWebhooks, type WebhookConfiguration } from "./compiled-webhook.ts";

/** All webhooks of a kind of configuration, in the order of their configurations' names. */
export type WebhookSource = () => Promise<readonly CompiledWebhook[]>;

/** Follows the configurations from the first question on; each version of one is compiled once. */
export function webhookSource(reader: ObjectReader, resource: ResourceReference<WebhookConfiguration>): WebhookSource {
  const compiled = new Map<string, readonly CompiledWebhook[]>();
  let ordered: readonly CompiledWebhook[] | undefined;
  let following: Promise<unknown> | undefined;
  const start = (): Promise<unknown> =>
    reader.follow(resource, ({ before, after }) => {
      ordered = undefined;
      const name = (after ?? before)?.metadata?.name ?? "";
      if (after === undefined) compiled.delete(name);
      else compiled.set(name, compileWebhooks(after));
    });
  return async () => {
    following ??= start().catch((error: unknown) => {
      following = undefined;
      throw error;
    });
    await following;
    ordered ??= [...compiled.keys()].sort().flatMap((name) => compiled.get(name) ?? []);
    return ordered;
  };
}
