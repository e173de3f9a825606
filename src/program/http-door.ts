import { StatusError } from "../api/status.ts";
import { serviceAccountOf } from "../apiserver/authn/users.ts";
import type { Clock } from "../base/clock.ts";
import type { AccessSource } from "../client/access-source.ts";
import { Client } from "../client/client.ts";
import { createHttpTransport } from "../client/http-transport.ts";
import type { Transport } from "../client/transport.ts";
import type { Door } from "./component.ts";
import { serviceAccountTokens, type TokenSource } from "./token-source.ts";

export interface HttpDoor {
  readonly door: Door;
  /** Ends the connection that asks for tokens; transports that were opened are closed by who opened them. */
  close(): Promise<void>;
}

/**
 * The door over the network. Whoever the access belongs to enters as such; service accounts enter with their own tokens,
 * which the access must be allowed to ask for.
 */
export function openHttpDoor(source: AccessSource, clock: Clock): HttpDoor {
  const access = source.current();
  const own = (userAgent: string): Transport => createHttpTransport({ ...access, follow: source, clock, userAgent });
  const requester = own("wherry-token-source");
  const client = new Client(requester);
  return {
    door({ user, userAgent }) {
      const account = serviceAccountOf(user.name);
      if (account === undefined) return own(userAgent);
      const tokens = serviceAccountTokens(client, account, clock);
      const { server, tlsServerName, insecureSkipTlsVerify } = access;
      const to = { server, tlsServerName, insecureSkipTlsVerify, follow: authorityOnly(source) };
      return withTokens(createHttpTransport({ ...to, clock, userAgent, token: () => tokens.token() }), tokens);
    },
    close: () => requester.close(),
  };
}

/** No client certificate: it would count before the token. */
export function authorityOnly(source: AccessSource): AccessSource {
  return {
    current: () => ({ ...source.current(), clientCertificate: undefined, clientKey: undefined }),
    onChange: (listener) => source.onChange(listener),
  };
}

/** A token that the server refuses (its account was made anew) is not shown again. */
function withTokens(transport: Transport, tokens: TokenSource): Transport {
  const noticed = (error: unknown): unknown => {
    if (error instanceof StatusError && error.status.code === 401) tokens.refused();
    return error;
  };
  const noticing = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw noticed(error);
    }
  };
  return {
    request: (request) => noticing(transport.request(request)),
    text: (request) => noticing(transport.text(request)),
    async *watch(request) {
      try {
        yield* transport.watch(request);
      } catch (error) {
        throw noticed(error);
      }
    },
    close: () => transport.close(),
  };
}
