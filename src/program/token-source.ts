import type { TokenRequest } from "../api/generated/authentication.k8s.io/v1.ts";
import { serviceAccounts } from "../api/generated/resources.ts";
import { isAlreadyExists, isNotFound } from "../api/status.ts";
import type { Clock } from "../base/clock.ts";
import type { Client, ObjectName } from "../client/client.ts";

const LIFETIME_SECONDS = 3600;
/** The rest of a token's life is for what goes wrong while it is renewed. */
const RENEW_AT_FRACTION = 0.8;

/** Tokens of one service account, asked for when needed and renewed before they expire. */
export interface TokenSource {
  token(): Promise<string>;
  /** The server refused the token: the next one is asked for anew. */
  refused(): void;
}

/**
 * Gets a service account's tokens by TokenRequest, and makes the account if there is none yet (client-go's
 * DynamicControllerClientBuilder). Requests that come together share one TokenRequest.
 * @param client may create service accounts and their tokens
 */
export function serviceAccountTokens(client: Client, account: Required<ObjectName>, clock: Clock): TokenSource {
  let current: { token: string; renewAtMs: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const askedAtMs = clock.monotonic();
    const answer = await requestToken(client, account);
    const { token = "" } = answer.status ?? {};
    const seconds = answer.spec?.expirationSeconds ?? LIFETIME_SECONDS;
    current = { token, renewAtMs: askedAtMs + seconds * 1000 * RENEW_AT_FRACTION };
    return token;
  }

  return {
    async token() {
      if (current !== undefined && clock.monotonic() < current.renewAtMs) return current.token;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    refused() {
      current = undefined;
    },
  };
}

async function requestToken(client: Client, account: Required<ObjectName>): Promise<TokenRequest> {
  const body: TokenRequest = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [], expirationSeconds: LIFETIME_SECONDS },
  };
  const request = (): Promise<TokenRequest> =>
    client.create(serviceAccounts, body, { subresource: "token", target: account }) as Promise<TokenRequest>;
  try {
    return await request();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    await client.create(serviceAccounts, { metadata: { ...account } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  return request();
}
