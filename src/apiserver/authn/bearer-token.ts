import type { IncomingHttpHeaders } from "node:http";
import { type Authenticator, BadCredentialsError, type Credentials, type UserInfo } from "./authenticator.ts";
import { firstKnown } from "./first-known.ts";
import type { TokenAuthenticator, TokenIdentity } from "./token-authenticator.ts";

/** What upstream calls any token that it does not know. */
export const INVALID_TOKEN = "invalid bearer token";

/** How browsers, whose WebSockets have no headers of their own, bring a token. */
export const BEARER_PROTOCOL_PREFIX = "base64url.bearer.authorization.k8s.io.";

/** The kinds of tokens together: one that knows the token and finds it good is enough. */
export function tokenUnion(kinds: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    name: "token",
    authenticateToken: (token, audiences) =>
      firstKnown(kinds, (kind) => kind.authenticateToken(token, audiences), ", "),
  };
}

/** Tokens of a kind that says nothing about audiences are meant for the API server, and for nobody else. */
export function forThisServer(kind: TokenAuthenticator, serverAudiences: readonly string[]): TokenAuthenticator {
  return {
    name: kind.name,
    authenticateToken(token, audiences) {
      const common = audiences.filter((audience) => serverAudiences.includes(audience));
      return common.length === 0 ? undefined : kind.authenticateToken(token, common);
    },
  };
}

/** Tokens in the Authorization header, or (from browsers) in a WebSocket's subprotocols. An unknown token is a bad one. */
export function bearerTokenAuthenticator(tokens: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  return {
    name: "bearerToken",
    authenticate(credentials) {
      const token = tokenOf(credentials.headers);
      if (token === undefined) return undefined;
      const identity = tokens.authenticateToken(token, audiences);
      if (!(identity instanceof Promise)) return userOf(identity, credentials);
      return identity.then((known) => userOf(known, credentials));
    },
  };
}

function userOf(identity: TokenIdentity | undefined, credentials: Credentials): UserInfo {
  if (identity === undefined) throw new BadCredentialsError(INVALID_TOKEN);
  if (identity.notes !== undefined) credentials.note?.(identity.notes);
  return identity.user;
}

function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  return (authorization === undefined ? undefined : tokenIn(authorization)) ?? websocketToken(headers);
}

/** The header that came last, and its token: who asks again and again sends the same string object, and is to get one, too. */
let last: { readonly header: string; readonly token: string | undefined } = { header: "", token: undefined };

function tokenIn(header: string): string | undefined {
  if (last.header !== header) {
    const [scheme, token] = header.trim().split(" ");
    last = { header, token: scheme?.toLowerCase() === "bearer" && token !== "" ? token : undefined };
  }
  return last.token;
}

function websocketToken(headers: IncomingHttpHeaders): string | undefined {
  const protocols = headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim()) ?? [];
  const carrier = protocols.find((protocol) => protocol.startsWith(BEARER_PROTOCOL_PREFIX));
  if (carrier === undefined) return undefined;
  const token = Buffer.from(carrier.slice(BEARER_PROTOCOL_PREFIX.length), "base64url").toString();
  if (token === "" || token.includes("\uFFFD"))
    throw new BadCredentialsError("invalid base64.bearer.authorization token encoding");
  // A token must never be echoed as the chosen protocol, so another has to be offered with it.
  if (protocols.length < 2) throw new BadCredentialsError("missing additional subprotocol");
  return token;
}
