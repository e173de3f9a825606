import type { TokenKey } from "../../base/json-web-token.ts";

/** Path of the key set on the API server itself. */
export const KEY_SET_PATH = "/openid/v1/jwks";
export const DISCOVERY_PATH = "/.well-known/openid-configuration";

/** The OpenID Connect discovery document of service account tokens (served at DISCOVERY_PATH). */
export function openidConfiguration(issuer: string, keys: readonly TokenKey[], keySetUri: string): object {
  return {
    issuer,
    jwks_uri: keySetUri,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))],
  };
}

/** The public keys that verify service account tokens, as a JSON Web Key Set (served at KEY_SET_PATH). */
export function jsonWebKeySet(keys: readonly TokenKey[]): object {
  return {
    keys: keys.map(({ id, algorithm, key }) => {
      const { kty, ...material } = key.export({ format: "jwk" });
      return { use: "sig", kty, kid: id, alg: algorithm, ...material };
    }),
  };
}
