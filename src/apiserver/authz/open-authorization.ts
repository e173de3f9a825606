import type { FieldError } from "../../api/field-error.ts";
import type { AuthorizationSettings } from "../../api/server-settings.ts";
import { present } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { parseDuration } from "../../base/duration.ts";
import type { Logger } from "../../base/log.ts";
import { ConfigurationFileError, fieldErrorText, parseConfiguration } from "../configuration/parse-file.ts";
import { type WatchedFile, watchFile } from "../configuration/watched-file.ts";
import type { ReloadObserver } from "../metrics/reload-metrics.ts";
import { readEndpoint } from "../outgoing/kubeconfig-endpoint.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import type { ObjectReader } from "../reader.ts";
import type { Authorizer } from "./authorizer.ts";
import {
  type AuthorizationConfiguration,
  type AuthorizerConfiguration,
  authorizationShape,
  configurationOfFlags,
  webhookDefaults,
} from "./configuration.ts";
import {
  type Authorization,
  alwaysAllowAuthorizer,
  alwaysDenyAuthorizer,
  authorizerChain,
  type BuiltInModes,
  chainRules,
  openBuiltInModes,
  privilegedGroupAuthorizer,
} from "./create-authorizer.ts";
import { compileMatchConditions, type MatchConditions } from "./match-conditions.ts";
import { validateAuthorization } from "./validate.ts";
import { type AuthorizationWebhookObserver, webhookAuthorizer } from "./webhook.ts";

export interface AuthorizationParts {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly webhooks: WebhookClient;
  readonly observeWebhook?: AuthorizationWebhookObserver | undefined;
  /** Told when the configuration's file was read again. */
  readonly reloaded?: ReloadObserver | undefined;
}

/** Authorization with all that its files say in force. */
export interface OpenAuthorization extends Authorization {
  /** Ends the watch of its file. */
  stop(): Promise<void>;
}

interface Chain {
  readonly modes: readonly Authorizer[];
  readonly authorizer: Authorizer;
  readonly types: ReadonlySet<string>;
}

const FILE = "authorization-config";

/**
 * Resolves when the chain can decide.
 * @throws ConfigurationFileError, KubeconfigEndpointError when a file is no good
 */
export async function openAuthorization(
  settings: AuthorizationSettings,
  parts: AuthorizationParts,
): Promise<OpenAuthorization> {
  checkFlags(settings);
  const builtIn = await openBuiltInModes(parts.reader);
  try {
    const chain = await openChain(settings, parts, builtIn);
    return {
      name: "union",
      authorize: (attributes) => chain.current().authorizer.authorize(attributes),
      rbac: builtIn.rbac,
      rulesFor: (user, namespace) => chainRules(chain.current().modes, builtIn.rbac, user, namespace),
      close: () => builtIn.close(),
      stop: () => chain.close(),
    };
  } catch (error) {
    builtIn.close();
    throw error;
  }
}

function checkFlags({ configurationFile, modes = [], webhook }: AuthorizationSettings): void {
  if (configurationFile !== undefined && (modes.length > 0 || webhook !== undefined)) {
    throw new ConfigurationFileError(
      `--${FILE} can not be specified when --authorization-mode or --authorization-webhook-* flags are defined`,
    );
  }
  if (modes.includes("Webhook") && webhook === undefined) {
    throw new ConfigurationFileError(
      "authorization-mode Webhook's authorization config file not passed: give --authorization-webhook-config-file",
    );
  }
  if (webhook !== undefined && !modes.includes("Webhook")) {
    throw new ConfigurationFileError(
      "cannot specify --authorization-webhook-config-file without mode Webhook in --authorization-mode",
    );
  }
}

async function openChain(
  settings: AuthorizationSettings,
  parts: AuthorizationParts,
  builtIn: BuiltInModes,
): Promise<Pick<WatchedFile<Chain>, "current" | "close">> {
  const { configurationFile: file } = settings;
  if (file === undefined) {
    const chain = await buildChain(configurationOfFlags(settings), { what: "authorization-mode", parts, builtIn });
    return { current: () => chain, close: async () => {} };
  }
  let types: ReadonlySet<string> | undefined;
  return watchFile<Chain>({
    file,
    what: FILE,
    clock: parts.clock,
    log: parts.log,
    reloaded: parts.reloaded,
    async load(text) {
      const configuration = await parseConfiguration<AuthorizationConfiguration>(text, {
        what: FILE,
        kind: "AuthorizationConfiguration",
        versions: ["v1", "v1beta1", "v1alpha1"],
        shape: authorizationShape,
      });
      const chain = await buildChain(configuration, { what: FILE, parts, builtIn });
      types ??= chain.types;
      const changed = [...types, ...chain.types].filter((type) => !(types?.has(type) && chain.types.has(type)));
      if (changed.length > 0) {
        throw new ConfigurationFileError(
          `${FILE}: authorizers of type ${changed.join(", ")} cannot be added or removed without a restart of the server`,
        );
      }
      return chain;
    },
  });
}

interface Building {
  readonly what: string;
  readonly parts: AuthorizationParts;
  readonly builtIn: BuiltInModes;
}

/** @throws ConfigurationFileError */
async function buildChain(configuration: AuthorizationConfiguration, building: Building): Promise<Chain> {
  const { authorizers = [] } = configuration;
  const errors: FieldError[] = validateAuthorization(configuration);
  const isConditional = authorizers.some(({ webhook }) => (webhook?.matchConditions ?? []).length > 0);
  const cel = isConditional ? (await import("../../api/cel/load-cel.ts")).loadCel : undefined;
  const loaded = await cel?.();
  const conditions = authorizers.map(({ webhook }, index) => {
    const compiled = compileMatchConditions(webhook?.matchConditions ?? [], loaded, `authorizers[${index}]`);
    errors.push(...compiled.errors);
    return compiled.conditions;
  });
  if (errors.length > 0) throw new ConfigurationFileError(`${building.what}: ${fieldErrorText(errors)}`);
  const modes: Authorizer[] = [privilegedGroupAuthorizer];
  for (const [index, each] of authorizers.entries()) modes.push(await modeOf(each, conditions[index]!, building));
  const types = new Set(authorizers.map(({ type = "" }) => type).filter((type) => type !== "Webhook"));
  return { modes, authorizer: authorizerChain(modes), types };
}

async function modeOf(
  configuration: AuthorizerConfiguration,
  conditions: MatchConditions,
  building: Building,
): Promise<Authorizer> {
  switch (configuration.type) {
    case "Node":
      return building.builtIn.node;
    case "RBAC":
      return building.builtIn.rbac;
    case "AlwaysAllow":
      return alwaysAllowAuthorizer;
    case "AlwaysDeny":
      return alwaysDenyAuthorizer;
    default:
      return openWebhook(configuration, conditions, building.parts);
  }
}

async function openWebhook(
  { name = "", webhook = {} }: AuthorizerConfiguration,
  conditions: MatchConditions,
  { webhooks, clock, log, observeWebhook }: AuthorizationParts,
): Promise<Authorizer> {
  const file = present(webhook.connectionInfo?.kubeConfigFile, "the kubeconfig file of a validated webhook");
  const { authorizedTTL = webhookDefaults.authorizedTTL, unauthorizedTTL = webhookDefaults.unauthorizedTTL } = webhook;
  return webhookAuthorizer({
    name,
    client: webhooks,
    endpoint: await readEndpoint(file),
    clock,
    log,
    observe: observeWebhook,
    conditions,
    timeoutMs: parseDuration(webhook.timeout ?? "") ?? 0,
    version: webhook.subjectAccessReviewVersion === "v1beta1" ? "v1beta1" : "v1",
    authorizedTtlMs: webhook.cacheAuthorizedRequests === false ? 0 : (parseDuration(authorizedTTL) ?? 0),
    unauthorizedTtlMs: webhook.cacheUnauthorizedRequests === false ? 0 : (parseDuration(unauthorizedTTL) ?? 0),
    onFailure: webhook.failurePolicy === "Deny" ? "deny" : "noOpinion",
  });
}
