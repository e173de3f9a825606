import { completeRequestHeader } from "../../api/request-header.ts";
import type { AuthenticationSettings } from "../../api/server-settings.ts";
import type { Clock } from "../../base/clock.ts";
import type { TokenKey } from "../../base/json-web-token.ts";
import type { Logger } from "../../base/log.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Transport } from "../../client/transport.ts";
import { ConfigurationFileError } from "../configuration/parse-file.ts";
import { type WatchedFile, watchFile } from "../configuration/watched-file.ts";
import type { ReloadObserver } from "../metrics/reload-metrics.ts";
import { readEndpoint } from "../outgoing/kubeconfig-endpoint.ts";
import type { WebhookClient } from "../outgoing/webhook-client.ts";
import type { ObjectReader } from "../reader.ts";
import { type AnonymousPolicy, PUBLIC_PATHS } from "./anonymous.ts";
import { bundleAuthorities } from "./certificate.ts";
import { type Authentication, createAuthenticator } from "./create-authenticator.ts";
import { oidcConfiguration } from "./jwt/issuer-flags.ts";
import { createIssuers, type Issuers, parseIssuers } from "./jwt/issuers.ts";
import { legacyTokenUses } from "./legacy-token-use.ts";
import type { StaticToken } from "./static-token.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import { readTokenFile } from "./token-file.ts";
import { webhookTokenAuthenticator } from "./webhook-token.ts";

export interface AuthenticationParts {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly webhooks: WebhookClient;
  readonly metrics?: Metrics | undefined;
  /** Told when the configuration's file was read again. */
  readonly reloaded?: ReloadObserver | undefined;
  /** The server's own way to itself: what it notes about legacy tokens. */
  readonly transport: () => Transport;
  readonly keys: readonly TokenKey[];
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly staticTokens?: readonly StaticToken[] | undefined;
  readonly ignoresCertificateUids?: boolean | undefined;
  /** PEM bundles, which may change while the server runs. */
  readonly clientAuthority?: (() => string) | undefined;
  readonly frontProxyAuthority?: (() => string) | undefined;
  readonly ownsFrontProxyAuthority?: boolean | undefined;
}

/** Authentication with all that its files say in force. */
export interface OpenAuthentication extends Authentication {
  close(): Promise<void>;
}

const REPLACED_MS = 60_000;
const CACHE_TTL_MS = 2 * 60_000;
const WEBHOOK_TIMEOUT_MS = 30_000;

/** @throws ConfigurationFileError, KubeconfigEndpointError when a file is no good */
export async function openAuthentication(
  settings: AuthenticationSettings,
  parts: AuthenticationParts,
): Promise<OpenAuthentication> {
  const { reader, clock, log, metrics, keys, issuers, audiences } = parts;
  const configuration = await openIssuers(settings, parts);
  const fromFile = settings.tokenFile === undefined ? [] : await readTokenFile(settings.tokenFile);
  const uses = legacyTokenUses({ transport: parts.transport, clock, log });
  const authentication = createAuthenticator({
    reader,
    clock,
    serviceAccounts: { keys, issuers, audiences },
    metrics,
    legacyTokenUsed: (secret) => uses.used(secret),
    ...(parts.clientAuthority === undefined ? {} : { clientAuthorities: bundleAuthorities(parts.clientAuthority) }),
    ...(parts.frontProxyAuthority === undefined
      ? {}
      : {
          requestHeader: {
            ...completeRequestHeader(settings.requestHeader),
            authorities: bundleAuthorities(parts.frontProxyAuthority),
          },
        }),
    ignoresCertificateUids: parts.ignoresCertificateUids,
    ownsRequestHeaderAuthorities: parts.ownsFrontProxyAuthority,
    staticTokens: [...(parts.staticTokens ?? []), ...fromFile],
    ...(configuration === undefined ? {} : { jwt: () => configuration.current().tokens }),
    webhook: await openWebhook(settings, parts),
    anonymous: anonymousPolicy(settings, configuration),
  });
  return {
    ...authentication,
    async close() {
      await configuration?.close();
      configuration?.current().close();
      await uses.settled();
    },
  };
}

type Configuration = Pick<WatchedFile<Issuers>, "current" | "close">;

async function openIssuers(
  settings: AuthenticationSettings,
  parts: AuthenticationParts,
): Promise<Configuration | undefined> {
  const { configurationFile, oidc } = settings;
  const { clock, log, issuers: disallowed } = parts;
  if (configurationFile !== undefined && oidc !== undefined) {
    throw new ConfigurationFileError("authentication-config file and oidc-* flags are mutually exclusive");
  }
  if (oidc !== undefined) {
    const algorithms = oidc.signingAlgorithms ?? ["RS256"];
    const options = { what: "oidc-issuer-url", disallowed, algorithms, clock };
    const issuers = await createIssuers(await oidcConfiguration(oidc), options);
    return { current: () => issuers, close: async () => {} };
  }
  if (configurationFile === undefined) return undefined;
  const what = "authentication-config";
  const startedWith: { anonymous?: string } = {};
  let before: Issuers | undefined;
  return watchFile<Issuers>({
    file: configurationFile,
    what,
    clock,
    log,
    reloaded: parts.reloaded,
    async load(text) {
      const issuers = await parseIssuers(text, { what, disallowed, clock });
      const { anonymous } = issuers.configuration;
      if (anonymous !== undefined && settings.anonymous !== undefined) {
        throw new ConfigurationFileError(
          `${what}: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file`,
        );
      }
      startedWith.anonymous ??= JSON.stringify(anonymous) ?? "";
      if (startedWith.anonymous !== (JSON.stringify(anonymous) ?? "")) {
        throw new ConfigurationFileError(`${what}: anonymous cannot be changed without a restart of the server`);
      }
      const replaced = before;
      // Requests that ask the issuers of before may be under way.
      if (replaced !== undefined) clock.setTimer(() => replaced.close(), REPLACED_MS);
      before = issuers;
      return issuers;
    },
  });
}

/** Without a word about it, strangers see whether the server is well, and nothing else. */
function anonymousPolicy(
  settings: AuthenticationSettings,
  configuration: Configuration | undefined,
): () => AnonymousPolicy {
  const configured = configuration?.current().configuration.anonymous;
  const policy: AnonymousPolicy =
    configured !== undefined
      ? { enabled: configured.enabled === true, paths: (configured.conditions ?? []).map(({ path = "" }) => path) }
      : settings.anonymous === undefined
        ? { enabled: true, paths: PUBLIC_PATHS }
        : { enabled: settings.anonymous };
  return () => policy;
}

async function openWebhook(
  { webhook }: AuthenticationSettings,
  { webhooks, clock, audiences }: AuthenticationParts,
): Promise<TokenAuthenticator | undefined> {
  if (webhook === undefined) return undefined;
  return webhookTokenAuthenticator({
    client: webhooks,
    endpoint: await readEndpoint(webhook.configFile),
    clock,
    timeoutMs: WEBHOOK_TIMEOUT_MS,
    version: webhook.version ?? "v1",
    cacheTtlMs: webhook.cacheTtlMs ?? CACHE_TTL_MS,
    serverAudiences: audiences,
  });
}
