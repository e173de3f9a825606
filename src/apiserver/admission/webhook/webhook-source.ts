import type { ResourceReference } from "../../../api/meta.ts";
import type { WebhookUsers } from "../../outgoing/webhook-users.ts";
import type { ObjectReader } from "../../reader.ts";
import { type CompiledWebhook, compileWebhooks, type WebhookConfiguration } from "./compiled-webhook.ts";

/** All webhooks of a kind of configuration, in the order of their configurations' names: at once, but for the first time. */
export type WebhookSource = () => readonly CompiledWebhook[] | Promise<readonly CompiledWebhook[]>;

/** Follows the configurations from the first question on; each version of one is compiled once. */
export function webhookSource(
  reader: ObjectReader,
  resource: ResourceReference<WebhookConfiguration>,
  users?: WebhookUsers,
): WebhookSource {
  const compiled = new Map<string, readonly CompiledWebhook[]>();
  let ordered: readonly CompiledWebhook[] | undefined;
  let following: Promise<unknown> | undefined;
  let isComplete = false;
  const start = (): Promise<unknown> =>
    reader.follow(resource, ({ before, after }) => {
      ordered = undefined;
      const name = (after ?? before)?.metadata?.name ?? "";
      if (after === undefined) compiled.delete(name);
      else compiled.set(name, compileWebhooks(after, users));
    });
  const inOrder = (): readonly CompiledWebhook[] => {
    isComplete = true;
    ordered ??= [...compiled.keys()].sort().flatMap((name) => compiled.get(name) ?? []);
    return ordered;
  };
  return () => {
    if (isComplete) return inOrder();
    following ??= start().catch((error: unknown) => {
      following = undefined;
      throw error;
    });
    return following.then(inOrder);
  };
}
