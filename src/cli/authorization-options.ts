import { resolve } from "node:path";
import type { AuthorizationSettings } from "../api/server-settings.ts";
import { CommandError, type CommandOption, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { durationMs, list } from "./option-values.ts";

const option = (value: string, description: string): CommandOption => ({ type: "string", value, description });

/** Named as kube-apiserver's. */
export const authorizationOptions = grouped("Authorization", {
  "authorization-config": option(
    "FILE",
    "AuthorizationConfiguration: the chain and its webhooks; read again when it changes",
  ),
  "authorization-mode": option("LIST", "of AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook (default Node,RBAC)"),
  "authorization-webhook-config-file": option("FILE", "kubeconfig of the webhook of mode Webhook"),
  "authorization-webhook-version": option("VERSION", "of the reviews sent to that webhook: v1 or v1beta1 (default v1)"),
  "authorization-webhook-cache-authorized-ttl": option("TIME", "how long a yes is believed (default 5m)"),
  "authorization-webhook-cache-unauthorized-ttl": option("TIME", "how long a no is believed (default 30s)"),
});

/** @throws CommandError on values that cannot be */
export function authorizationOf(invocation: Invocation): AuthorizationSettings {
  const configurationFile = text(invocation, "authorization-config");
  const configFile = text(invocation, "authorization-webhook-config-file");
  const version = text(invocation, "authorization-webhook-version");
  if (version !== undefined && version !== "v1" && version !== "v1beta1") {
    throw new CommandError(`--authorization-webhook-version is v1 or v1beta1, not "${version}"`, 2);
  }
  const webhook =
    configFile === undefined ? undefined : { configFile: resolve(configFile), version, ...ttls(invocation) };
  return {
    modes: list(invocation, "authorization-mode"),
    configurationFile: configurationFile === undefined ? undefined : resolve(configurationFile),
    webhook,
  };
}

function ttls(invocation: Invocation) {
  return {
    authorizedTtlMs: durationMs(invocation, "authorization-webhook-cache-authorized-ttl"),
    unauthorizedTtlMs: durationMs(invocation, "authorization-webhook-cache-unauthorized-ttl"),
  };
}
