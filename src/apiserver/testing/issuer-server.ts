import { generateKeyPairSync } from "node:crypto";
import type { RequestListener } from "node:http";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { selfSigned } from "./self-signed.ts";

export interface IssuerServer {
  readonly url: string;
  /** PEM of what its certificate comes from. */
  readonly authority: string;
  /** Requests by path, so that a test sees what was fetched how often. */
  readonly requests: Map<string, number>;
  /** A token for the audience with further claims, as the provider signs it. */
  token(audience: string, claims?: Record<string, unknown>): Promise<string>;
  /** From now on the provider signs with a new key, and publishes it alone. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

const CLIENT = { client_id: "ci", client_secret: "not-a-secret-of-anybody" };

/** A real OpenID Connect provider (the npm package `oidc-provider`) on loopback, behind TLS. */
export async function startIssuer(): Promise<IssuerServer> {
  const { key, cert } = await selfSigned();
  const requests = new Map<string, number>();
  let listener: RequestListener = () => {};
  const server = createServer({ key, cert }, (asked, answer) => {
    const path = asked.url?.split("?")[0] ?? "";
    requests.set(path, (requests.get(path) ?? 0) + 1);
    listener(asked, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let claims: Record<string, unknown> = {};
  let keys = 0;

  async function rotate(): Promise<void> {
    const { default: Provider } = await import("oidc-provider");
    const provider = new Provider(url, {
      clients: [{ ...CLIENT, grant_types: ["client_credentials"], redirect_uris: [], response_types: [] }],
      jwks: { keys: [signingKey(`key-${++keys}`)] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({
            scope: "",
            audience: resource.slice("urn:".length),
            accessTokenFormat: "jwt",
            accessTokenTTL: 3600,
          }),
        },
      },
      extraTokenClaims: () => claims,
    });
    listener = provider.callback();
  }

  await rotate();
  return {
    url,
    authority: cert,
    requests,
    rotate,
    async token(audience, more = {}) {
      claims = more;
      const answer = await post(`${url}/token`, cert, {
        ...CLIENT,
        grant_type: "client_credentials",
        resource: `urn:${audience}`,
      });
      const { access_token: token, error_description: problem } = JSON.parse(answer);
      if (typeof token !== "string") throw new Error(`the provider gives no token: ${problem ?? answer}`);
      return token;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function signingKey(id: string): object {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: id, alg: "RS256", use: "sig" };
}

function post(url: string, ca: string, form: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const sent = request(url, { method: "POST", ca, headers, agent: false }, (answer) => {
      text(answer).then(resolve, reject);
    });
    sent.on("error", reject);
    sent.end(new URLSearchParams(form).toString());
  });
}
