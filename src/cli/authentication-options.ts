import { resolve } from "node:path";
import type {
  AuthenticationSettings,
  OidcFlags,
  ServiceAccountSettings,
  WebhookTokenSettings,
} from "../api/server-settings.ts";
import { CommandError, type CommandOption, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { durationMs, file, list, trueOrFalse } from "./option-values.ts";

const option = (value: string, description: string): CommandOption => ({ type: "string", value, description });

const repeated = (value: string, description: string): CommandOption => ({
  ...option(value, `${description}; may be repeated`),
  isRepeatable: true,
});

/** Who comes in; named as kube-apiserver's. */
export const authenticationOptions = grouped("Authentication", {
  "anonymous-auth": option(
    "BOOL",
    "requests without credentials: true lets RBAC decide (default: health and version only)",
  ),
  "authentication-config": option("FILE", "AuthenticationConfiguration: issuers of tokens; read again when it changes"),
  "token-auth-file": option("FILE", 'CSV of fixed tokens: token,user,uid,"group1,group2" (default none)'),
  "oidc-issuer-url": option("URL", "an OpenID Connect issuer whose tokens are accepted"),
  "oidc-client-id": option("ID", "what its tokens must be meant for"),
  "oidc-ca-file": option("FILE", "authorities of the issuer's certificate (default: the system's)"),
  "oidc-username-claim": option("CLAIM", "which claim is the user's name (default sub)"),
  "oidc-username-prefix": option("TEXT", "goes before the user's name; - for nothing"),
  "oidc-groups-claim": option("CLAIM", "which claim lists the user's groups"),
  "oidc-groups-prefix": option("TEXT", "goes before each group"),
  "oidc-required-claim": option("LIST", "claim=value that tokens must have"),
  "oidc-signing-algs": option("LIST", "algorithms of signatures (default RS256)"),
  "authentication-token-webhook-config-file": option(
    "FILE",
    "kubeconfig of a webhook that says whom a token stands for",
  ),
  "authentication-token-webhook-version": option(
    "VERSION",
    "of the reviews sent to the webhook: v1 or v1beta1 (default v1)",
  ),
  "authentication-token-webhook-cache-ttl": option("TIME", "how long the webhook's answer is believed (default 2m)"),
  "client-ca-file": option("FILE", "authorities whose client certificates are users, besides the cluster's own"),
  "requestheader-client-ca-file": option(
    "FILE",
    "authorities of proxies that may say whom a request is from, besides the cluster's own",
  ),
  "requestheader-allowed-names": option(
    "LIST",
    "names of those proxies (default front-proxy-client, or any of authorities that were given)",
  ),
  "requestheader-username-headers": option("LIST", "headers with the user's name (default X-Remote-User)"),
  "requestheader-uid-headers": option("LIST", "headers with the user's uid (default X-Remote-Uid)"),
  "requestheader-group-headers": option("LIST", "headers with the user's groups (default X-Remote-Group)"),
  "requestheader-extra-headers-prefix": option("LIST", "how headers with more begin (default X-Remote-Extra-)"),
});

/** Tokens that the cluster itself issues; named as kube-apiserver's. */
export const serviceAccountOptions = grouped("Service account tokens", {
  "service-account-issuer": repeated("URL", "issuer of service account tokens; the first one issues, all are believed"),
  "service-account-key-file": repeated("FILE", "further public keys of service account tokens"),
  "service-account-signing-key-file": option(
    "FILE",
    "key that signs service account tokens (default: the cluster's own)",
  ),
  "service-account-jwks-uri": option("URL", "where the discovery document says that keys are"),
  "service-account-max-token-expiration": option("TIME", "longest life of a token that is asked for"),
  "service-account-extend-token-expiration": option(
    "BOOL",
    "whether pods' tokens live a year, for clients that read them once (default false)",
  ),
  "api-audiences": option("LIST", "what tokens for this API server are meant for (default: the first issuer)"),
});

/** @throws CommandError on values that cannot be */
export function authenticationOf(invocation: Invocation): AuthenticationSettings {
  return {
    anonymous: trueOrFalse(invocation, "anonymous-auth"),
    configurationFile: file(invocation, "authentication-config"),
    oidc: oidcOf(invocation),
    tokenFile: file(invocation, "token-auth-file"),
    webhook: webhookOf(invocation),
    serviceAccounts: serviceAccountsOf(invocation),
    requestHeader: {
      allowedNames: allowedNamesOf(invocation),
      usernameHeaders: list(invocation, "requestheader-username-headers"),
      uidHeaders: list(invocation, "requestheader-uid-headers"),
      groupHeaders: list(invocation, "requestheader-group-headers"),
      extraHeaderPrefixes: list(invocation, "requestheader-extra-headers-prefix"),
    },
  };
}

/** Whoever has given an authority for proxies alone lets all of them speak, unless it is said. */
function allowedNamesOf(invocation: Invocation): string[] | undefined {
  const isGiven = text(invocation, "requestheader-client-ca-file") !== undefined;
  return list(invocation, "requestheader-allowed-names") ?? (isGiven ? [] : undefined);
}

function oidcOf(invocation: Invocation): OidcFlags | undefined {
  const isGiven = Object.keys(authenticationOptions).some((name) => name.startsWith("oidc-") && text(invocation, name));
  if (!isGiven) return undefined;
  const [issuerUrl, clientId] = [text(invocation, "oidc-issuer-url"), text(invocation, "oidc-client-id")];
  if (issuerUrl === undefined || clientId === undefined) {
    throw new CommandError(
      "--oidc-issuer-url and --oidc-client-id must be given together when any --oidc- option is",
      2,
    );
  }
  return {
    issuerUrl,
    clientId,
    caFile: file(invocation, "oidc-ca-file"),
    usernameClaim: text(invocation, "oidc-username-claim"),
    usernamePrefix: text(invocation, "oidc-username-prefix"),
    groupsClaim: text(invocation, "oidc-groups-claim"),
    groupsPrefix: text(invocation, "oidc-groups-prefix"),
    requiredClaims: list(invocation, "oidc-required-claim"),
    signingAlgorithms: list(invocation, "oidc-signing-algs"),
  };
}

function webhookOf(invocation: Invocation): WebhookTokenSettings | undefined {
  const configFile = file(invocation, "authentication-token-webhook-config-file");
  if (configFile === undefined) return undefined;
  const version = text(invocation, "authentication-token-webhook-version");
  if (version !== undefined && version !== "v1" && version !== "v1beta1") {
    throw new CommandError(`--authentication-token-webhook-version is v1 or v1beta1, not "${version}"`, 2);
  }
  return { configFile, version, cacheTtlMs: durationMs(invocation, "authentication-token-webhook-cache-ttl") };
}

function serviceAccountsOf(invocation: Invocation): ServiceAccountSettings {
  const longestMs = durationMs(invocation, "service-account-max-token-expiration");
  if (longestMs !== undefined && (longestMs < 3_600_000 || longestMs > 2 ** 32 * 1000)) {
    throw new CommandError("--service-account-max-token-expiration must be between 1 hour and 2^32 seconds", 2);
  }
  return {
    issuers: issuersOf(invocation),
    keyFiles: list(invocation, "service-account-key-file")?.map((each) => resolve(each)),
    signingKeyFile: file(invocation, "service-account-signing-key-file"),
    apiAudiences: list(invocation, "api-audiences"),
    keySetUri: text(invocation, "service-account-jwks-uri"),
    maxExpirationSeconds: longestMs === undefined ? undefined : Math.floor(longestMs / 1000),
    extendExpiration: trueOrFalse(invocation, "service-account-extend-token-expiration"),
  };
}

/** @throws CommandError as upstream, where what looks like a URL is none */
function issuersOf(invocation: Invocation): string[] | undefined {
  const issuers = list(invocation, "service-account-issuer");
  const odd = issuers?.find((issuer) => issuer.includes(":") && !URL.canParse(issuer));
  if (odd === undefined) return issuers;
  throw new CommandError(`--service-account-issuer contains a ':' and is no URL: "${odd}"`, 2);
}
