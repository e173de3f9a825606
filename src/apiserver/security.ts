import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "../api/generated/authorization.k8s.io/v1.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { UserInfo } from "./authn/authenticator.ts";
import { type Authentication, createAuthenticator } from "./authn/create-authenticator.ts";
import { signingKey, verificationKey } from "./authn/json-web-token.ts";
import { DISCOVERY_PATH, jsonWebKeySet, KEY_SET_PATH, openidConfiguration } from "./authn/key-documents.ts";
import { createTokenIssuer } from "./authn/token-issuer.ts";
import { type Authorization, createAuthorizer } from "./authz/create-authorizer.ts";
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from "./authz/reviews.ts";
import { textAnswer } from "./exchange.ts";
import type { PathHandler, VirtualHandler } from "./handlers/handler.ts";
import type { ObjectReader } from "./reader.ts";
import type { Subresource } from "./subresources/subresource.ts";
import { tokenSubresource } from "./subresources/token.ts";
import { authenticationReviews, review } from "./virtual/reviews.ts";

export interface SecurityOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Signs and verifies service account tokens: PEM. */
  readonly serviceAccountKeys: { readonly privateKey: string; readonly publicKey: string };
  readonly issuer: string;
  readonly staticTokens?: readonly { readonly token: string; readonly user: UserInfo }[];
}

/** Who may come in and what they may do: authentication, authorization, and what clients may ask about both. */
export interface Security {
  readonly authentication: Authentication;
  readonly authorization: Authorization;
  readonly virtual: Readonly<Record<string, VirtualHandler>>;
  readonly subresources: Readonly<Record<string, Subresource>>;
  readonly paths: readonly PathHandler[];
}

/** Resolves when roles and bindings have been read, so that no decision is made on half of them. */
export async function createSecurity(reader: ObjectReader, options: SecurityOptions): Promise<Security> {
  const { clock, random, issuer } = options;
  const audiences = [issuer];
  const keys = [verificationKey(options.serviceAccountKeys.publicKey)];
  const authentication = createAuthenticator({
    reader,
    clock,
    anonymous: true,
    serviceAccounts: { keys, issuer, audiences },
    ...(options.staticTokens === undefined ? {} : { staticTokens: options.staticTokens }),
  });
  const authorization = await createAuthorizer(reader);
  const key = signingKey(options.serviceAccountKeys.privateKey);
  const tokens = createTokenIssuer({ reader, clock, random, key, issuer, audiences });
  return {
    authentication,
    authorization,
    virtual: { ...authenticationReviews(authentication, audiences), ...authorizationReviews(authorization) },
    subresources: { "/serviceaccounts/token": tokenSubresource(tokens) },
    paths: [keyDocuments(issuer, keys)],
  };
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
      (asked, user) => reviewSelfSubjectRules(asked, user, authorization.rbac),
    ),
  };
}

/** The public keys of service account tokens, for whoever wants to verify one. */
function keyDocuments(issuer: string, keys: Parameters<typeof jsonWebKeySet>[0]): PathHandler {
  return (exchange) => {
    if (exchange.path === KEY_SET_PATH) {
      return textAnswer(JSON.stringify(jsonWebKeySet(keys)), { contentType: "application/jwk-set+json" });
    }
    if (exchange.path !== DISCOVERY_PATH) return undefined;
    const document = openidConfiguration(issuer, keys, `${issuer}${KEY_SET_PATH}`);
    return textAnswer(JSON.stringify(document), { contentType: "application/json" });
  };
}
