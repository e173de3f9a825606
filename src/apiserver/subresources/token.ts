import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { ServiceAccount } from "../../api/generated/core/v1.ts";
import { notFound } from "../../api/status.ts";
import type { TokenIssuer } from "../authn/token-issuer.ts";
import { objectAnswer } from "../exchange.ts";
import { decodeBody, expectObject } from "../handlers/decode.ts";
import type { Subresource } from "./subresource.ts";

/** Issues a token for a service account (TokenRequest). */
export function tokenSubresource(issuer: TokenIssuer): Subresource {
  return {
    async create(resource, exchange) {
      const { namespace, name } = exchange.info;
      const body = (await decodeBody(exchange.body)).value;
      const request = expectObject(body, { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" });
      const stored = await resource.storage.get(namespace, name);
      if (stored === undefined) throw notFound(resource.schema, name);
      const issued = await issuer.issue(stored.object as ServiceAccount, request as TokenRequest);
      return objectAnswer({ ...issued, metadata: { name, namespace, ...issued.metadata } }, { code: 201 });
    },
  };
}
