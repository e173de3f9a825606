import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { ServiceAccount } from "../../api/generated/core/v1.ts";
import { notFound } from "../../api/status.ts";
import type { TokenIssuer } from "../authn/token-issuer.ts";
import { objectAnswer } from "../exchange.ts";
import { writeContext } from "../handlers/environment.ts";
import { typedBody } from "../handlers/typed-body.ts";
import { admissionAttributes } from "../registry/admit.ts";
import type { Subresource } from "./subresource.ts";

const TOKEN_REQUEST = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };

/** Issues a token for a service account (TokenRequest). */
export function tokenSubresource(issuer: TokenIssuer): Subresource {
  return {
    async create(resource, exchange, environment) {
      const { namespace, name } = exchange.info;
      const request = await typedBody<TokenRequest>(exchange, TOKEN_REQUEST);
      const stored = await resource.storage.get(namespace, name);
      if (stored === undefined) throw notFound(resource.schema, name);
      const write = { operation: "CREATE", subresource: "token", object: request, namespace, name } as const;
      const attributes = admissionAttributes(resource, writeContext(exchange, environment), write);
      await resource.admission.admit(attributes);
      await resource.admission.validate(attributes);
      const issued = await issuer.issue(stored.object as ServiceAccount, request, (message) => {
        exchange.warnings.push(message);
      });
      return objectAnswer({ ...issued, metadata: { name, namespace, ...issued.metadata } }, { code: 201 });
    },
  };
}
