import type { Secret } from "../../api/generated/core/v1.ts";
import type { Clock } from "../../base/clock.ts";
import type { TokenKey } from "../../base/json-web-token.ts";
import { Metrics } from "../../base/metrics.ts";
import type { ObjectReader } from "../reader.ts";
import { type AnonymousPolicy, anonymousAuthenticator } from "./anonymous.ts";
import type { Authenticator, UserInfo } from "./authenticator.ts";
import { bearerTokenAuthenticator, forThisServer, tokenUnion } from "./bearer-token.ts";
import { bootstrapTokenAuthenticator } from "./bootstrap-token.ts";
import { type Authorities, certificateAuthenticator } from "./certificate.ts";
import { firstKnown } from "./first-known.ts";
import { legacyTokenAuthenticator } from "./legacy-token.ts";
import { type RequestHeaderOptions, requestHeaderAuthenticator } from "./request-header.ts";
import { serviceAccountTokenAuthenticator } from "./service-account-token.ts";
import { type StaticToken, staticTokenAuthenticator } from "./static-token.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import { tokenMetrics } from "./token-metrics.ts";
import { withAuthenticatedGroup } from "./users.ts";

export interface AuthenticationOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  readonly serviceAccounts: {
    readonly keys: readonly TokenKey[];
    /** Whose tokens are accepted; the first one issues. */
    readonly issuers: readonly string[];
    /** What tokens for this API server are meant for. */
    readonly audiences: readonly string[];
  };
  /** Told when a token from a Secret is used. */
  readonly legacyTokenUsed?: ((secret: Secret) => Promise<void> | void) | undefined;
  /** Where uses of tokens are counted. */
  readonly metrics?: Metrics | undefined;
  /** Roots of client certificates; without them certificates are no way in. */
  readonly clientAuthorities?: Authorities | undefined;
  readonly ignoresCertificateUids?: boolean | undefined;
  readonly requestHeader?: RequestHeaderOptions | undefined;
  /** Nobody but the server itself issues certificates of the request header's authorities: it makes no intermediate ones. */
  readonly ownsRequestHeaderAuthorities?: boolean | undefined;
  readonly staticTokens?: readonly StaticToken[] | undefined;
  /** Tokens of OpenID Connect issuers: which ones may change while the server runs. */
  readonly jwt?: (() => TokenAuthenticator) | undefined;
  readonly webhook?: TokenAuthenticator | undefined;
  /** Which requests without credentials go on as system:anonymous. */
  readonly anonymous: () => AnonymousPolicy;
}

/** The door's authentication, and the tokens alone, which TokenReview asks about. */
export interface Authentication extends Authenticator {
  readonly tokens: TokenAuthenticator;
}

/**
 * All ways to say who one is. One success is enough; bad credentials never fall back to anonymous.
 * Adds system:authenticated.
 */
export function createAuthenticator(options: AuthenticationOptions): Authentication {
  const { clock, serviceAccounts, clientAuthorities, requestHeader } = options;
  const acceptsUnseenChains = requestHeader === undefined || options.ownsRequestHeaderAuthorities === true;
  const tokens = tokenKinds(options);
  const ways = [
    ...(requestHeader === undefined ? [] : [requestHeaderAuthenticator(requestHeader, clock)]),
    ...(clientAuthorities === undefined
      ? []
      : [
          certificateAuthenticator({
            ...{ authorities: clientAuthorities, clock, acceptsUnseenChains },
            ignoresUids: options.ignoresCertificateUids,
          }),
        ]),
    bearerTokenAuthenticator(tokens, serviceAccounts.audiences),
  ];
  const anonymous = anonymousAuthenticator(options.anonymous);
  return {
    name: "union",
    tokens,
    authenticate(credentials) {
      const orAnonymous = (user: UserInfo | undefined) =>
        user === undefined ? anonymous.authenticate(credentials) : withAuthenticatedGroup(user);
      const known = firstKnown(ways, (way) => way.authenticate(credentials), "; ");
      return known instanceof Promise ? known.then(orAnonymous) : orAnonymous(known);
    },
  };
}

function tokenKinds(options: AuthenticationOptions): TokenAuthenticator {
  const { reader, clock, serviceAccounts, staticTokens = [], jwt, webhook } = options;
  const { audiences } = serviceAccounts;
  const metrics = tokenMetrics(options.metrics ?? new Metrics());
  const used = options.legacyTokenUsed ?? (() => {});
  // The usual token comes first, for each kind that does not know a token takes its time to see that.
  return tokenUnion([
    serviceAccountTokenAuthenticator({ reader, clock, metrics, ...serviceAccounts }),
    ...(staticTokens.length === 0 ? [] : [forThisServer(staticTokenAuthenticator(staticTokens), audiences)]),
    forThisServer(legacyTokenAuthenticator({ reader, keys: serviceAccounts.keys, metrics, used }), audiences),
    forThisServer(bootstrapTokenAuthenticator(reader, clock), audiences),
    ...(jwt === undefined ? [] : [forThisServer(current(jwt), audiences)]),
    ...(webhook === undefined ? [] : [webhook]),
  ]);
}

function current(jwt: () => TokenAuthenticator): TokenAuthenticator {
  return { name: "jwt", authenticateToken: (token, audiences) => jwt().authenticateToken(token, audiences) };
}
