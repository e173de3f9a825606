import type { FeaturesOff } from "../api/feature-gates.ts";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "../api/generated/authorization.k8s.io/v1.ts";
import type { AuthenticationSettings, AuthorizationSettings } from "../api/server-settings.ts";
import type { Clock } from "../base/clock.ts";
import { signingKey, type TokenKey, verificationKey } from "../base/json-web-token.ts";
import type { Logger } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Random } from "../base/random.ts";
import type { Transport } from "../client/transport.ts";
import type { Authentication } from "./authn/create-authenticator.ts";
import { DISCOVERY_PATH, jsonWebKeySet, KEY_SET_PATH, openidConfiguration } from "./authn/key-documents.ts";
import { openAuthentication } from "./authn/open-authentication.ts";
import type { StaticToken } from "./authn/static-token.ts";
import { createTokenIssuer } from "./authn/token-issuer.ts";
import type { Authorization } from "./authz/create-authorizer.ts";
import { openAuthorization } from "./authz/open-authorization.ts";
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from "./authz/reviews.ts";
import { textAnswer } from "./exchange.ts";
import type { PathHandler, VirtualHandler } from "./handlers/handler.ts";
import { authorizationWebhookMetrics } from "./metrics/authorization-webhook-metrics.ts";
import { configurationReloads } from "./metrics/reload-metrics.ts";
import type { WebhookClient } from "./outgoing/webhook-client.ts";
import type { ObjectReader } from "./reader.ts";
import type { Subresource } from "./subresources/subresource.ts";
import { tokenSubresource } from "./subresources/token.ts";
import { authenticationReviews, review } from "./virtual/reviews.ts";

/** What signs and verifies service account tokens; PEM. */
export interface ServiceAccountKeys {
  readonly privateKey: string;
  readonly publicKey: string;
  /** Of keys that do not sign here and whose tokens are good. */
  readonly oldPublicKeys?: readonly string[];
}

export interface SecurityOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly serviceAccountKeys: ServiceAccountKeys;
  /** Calls back when the keys are others; answers how to listen no more. */
  readonly followServiceAccountKeys?: (use: (keys: ServiceAccountKeys) => void) => () => void;
  /** What tells this server from others of the cluster, in metrics. */
  readonly serverName?: string | undefined;
  readonly issuer: string;
  readonly staticTokens?: readonly StaticToken[];
  /** PEM of the authorities of client certificates, as they are now; without them certificates are no way in. */
  readonly clientAuthority?: () => string;
  /** PEM of the authority whose certificates may say in headers whom a request comes from. */
  readonly frontProxyAuthority?: () => string;
  /** The server has the key of that authority: nobody else issues by it. */
  readonly ownsFrontProxyAuthority?: boolean;
  readonly authentication?: AuthenticationSettings | undefined;
  readonly authorization?: AuthorizationSettings | undefined;
}

/** What the server lends to its security. */
export interface SecurityParts {
  readonly reader: ObjectReader;
  readonly webhooks: WebhookClient;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly featuresOff?: FeaturesOff | undefined;
  /** The server's own way to itself. */
  readonly transport: () => Transport;
}

/** Who may come in and what they may do: authentication, authorization, and what clients may ask about both. */
export interface Security {
  readonly authentication: Authentication;
  readonly authorization: Authorization;
  readonly virtual: Readonly<Record<string, VirtualHandler>>;
  readonly subresources: Readonly<Record<string, Subresource>>;
  readonly paths: readonly PathHandler[];
  close(): Promise<void>;
}

/**
 * Resolves when roles and bindings have been read, so that no decision is made on half of them.
 * @throws ConfigurationFileError, KubeconfigEndpointError when a configuration file is no good
 */
export async function createSecurity(parts: SecurityParts, options: SecurityOptions): Promise<Security> {
  const { clock, random, staticTokens, clientAuthority, frontProxyAuthority, ownsFrontProxyAuthority } = options;
  const { reader } = parts;
  const { serverName: server = "" } = options;
  const settings = options.authentication ?? {};
  const accounts = settings.serviceAccounts ?? {};
  const issuers = accounts.issuers?.length ? accounts.issuers : [options.issuer];
  const issuer = issuers[0]!;
  const audiences = accounts.apiAudiences?.length ? accounts.apiAudiences : [issuer];
  // Who verifies looks into this very list each time.
  const keys = verificationKeys(options.serviceAccountKeys);
  const authentication = await openAuthentication(settings, {
    ...parts,
    log: parts.log.named("authentication"),
    ignoresCertificateUids: parts.featuresOff?.has("AllowParsingUserUIDFromCertAuth"),
    reloaded: configurationReloads(parts.metrics, { what: "authentication", server, clock }),
    clock,
    keys,
    issuers,
    audiences,
    ...{ staticTokens, clientAuthority, frontProxyAuthority, ownsFrontProxyAuthority },
  });
  const log = parts.log.named("authorization");
  const authorization = await openAuthorization(options.authorization ?? {}, {
    ...{ ...parts, log, clock },
    observeWebhook: authorizationWebhookMetrics(parts.metrics),
    reloaded: configurationReloads(parts.metrics, { what: "authorization", server, clock }),
  });
  let key = signingKey(options.serviceAccountKeys.privateKey);
  const follow = options.followServiceAccountKeys?.((changed) => {
    key = signingKey(changed.privateKey);
    keys.splice(0, keys.length, ...verificationKeys(changed));
  });
  const { maxExpirationSeconds, extendExpiration } = accounts;
  const granted = { maxExpirationSeconds, extendExpiration };
  const tokens = createTokenIssuer({ reader, clock, random, key: () => key, issuer, audiences, ...granted });
  return {
    authentication,
    authorization,
    virtual: { ...authenticationReviews(authentication, audiences), ...authorizationReviews(authorization) },
    subresources: { "/serviceaccounts/token": tokenSubresource(tokens) },
    paths: [keyDocuments(issuer, keys, accounts.keySetUri ?? `${issuer}${KEY_SET_PATH}`)],
    async close() {
      follow?.();
      authorization.close();
      await Promise.all([authentication.close(), authorization.stop()]);
    },
  };
}

/** Those of all keys, each once. */
function verificationKeys({ publicKey, oldPublicKeys = [] }: ServiceAccountKeys): TokenKey[] {
  const keys = [publicKey, ...oldPublicKeys].map(verificationKey);
  return [...new Map(keys.map((key) => [key.id, key])).values()];
}

/** The reviews of authorization.k8s.io. */
function authorizationReviews(authorization: Authorization): Record<string, VirtualHandler> {
  const of = (kind: string) => ({ group: "authorization.k8s.io", version: "v1", kind });
  return {
    "authorization.k8s.io/v1/subjectaccessreviews": review<SubjectAccessReview>(of("SubjectAccessReview"), (asked) =>
      reviewSubjectAccess(asked, authorization),
    ),
    "authorization.k8s.io/v1/localsubjectaccessreviews": review<LocalSubjectAccessReview>(
      of("LocalSubjectAccessReview"),
      (asked, _user, { namespace }) => reviewLocalSubjectAccess(asked, namespace, authorization),
    ),
    "authorization.k8s.io/v1/selfsubjectaccessreviews": review<SelfSubjectAccessReview>(
      of("SelfSubjectAccessReview"),
      (asked, user) => reviewSelfSubjectAccess(asked, user, authorization),
    ),
    "authorization.k8s.io/v1/selfsubjectrulesreviews": review<SelfSubjectRulesReview>(
      of("SelfSubjectRulesReview"),
      (asked, user) => reviewSelfSubjectRules(asked, user, authorization),
    ),
  };
}

/** The public keys of service account tokens, for whoever wants to verify one; generated clients ask with a slash at the end. */
function keyDocuments(issuer: string, keys: readonly TokenKey[], keySetUri: string): PathHandler {
  const headers = { "cache-control": "public, max-age=3600" };
  return (exchange) => {
    const path = exchange.path.replace(/\/$/, "");
    if (path === KEY_SET_PATH) {
      return textAnswer(JSON.stringify(jsonWebKeySet(keys)), { contentType: "application/jwk-set+json", headers });
    }
    if (path !== DISCOVERY_PATH) return undefined;
    const document = openidConfiguration(issuer, keys, keySetUri);
    return textAnswer(JSON.stringify(document), { contentType: "application/json", headers });
  };
}
