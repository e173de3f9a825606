import type {
  SelfSubjectReview,
  TokenReview,
  TokenReviewStatus,
} from "../../api/generated/authentication.k8s.io/v1.ts";
import { badRequest } from "../../api/status.ts";
import { BadCredentialsError, type UserInfo } from "./authenticator.ts";
import { INVALID_TOKEN } from "./bearer-token.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import { withAuthenticatedGroup } from "./users.ts";

/** Whom a token stands for. A token that is no good is an answer, not an error. */
export async function reviewToken(
  review: TokenReview,
  tokens: TokenAuthenticator,
  serverAudiences: readonly string[],
): Promise<TokenReview> {
  const { token, audiences: asked } = review.spec ?? {};
  if (!token) throw badRequest("token is required for TokenReview in authentication");
  const audiences = asked?.length ? asked : serverAudiences;
  return { ...review, status: await statusOf(token, tokens, audiences) };
}

async function statusOf(
  token: string,
  tokens: TokenAuthenticator,
  audiences: readonly string[],
): Promise<TokenReviewStatus> {
  try {
    const identity = await tokens.authenticateToken(token, audiences);
    if (identity === undefined) return { user: {}, error: INVALID_TOKEN };
    const user = userStatus(withAuthenticatedGroup(identity.user));
    return { authenticated: true, user, audiences: [...identity.audiences] };
  } catch (error) {
    if (!(error instanceof BadCredentialsError)) throw error;
    return { user: {}, error: `[${INVALID_TOKEN}, ${error.message}]` };
  }
}

/** Who the caller is (`kubectl auth whoami`). */
export async function reviewSelf(review: SelfSubjectReview, user: UserInfo, now: string): Promise<SelfSubjectReview> {
  return {
    ...review,
    metadata: { ...review.metadata, creationTimestamp: now },
    status: { userInfo: userStatus(user) },
  };
}

/** A user as review objects print it: nothing that is empty. */
function userStatus(user: UserInfo): NonNullable<TokenReviewStatus["user"]> {
  const extra = Object.entries(user.extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    username: user.name,
    ...(user.uid ? { uid: user.uid } : {}),
    ...(user.groups.length > 0 ? { groups: [...user.groups] } : {}),
    ...(extra.length > 0 ? { extra: Object.fromEntries(extra) } : {}),
  };
}
