import { invalid, invalidObject } from "../../api/field-error.ts";
import type { TokenRequest } from "../../api/generated/authentication.k8s.io/v1.ts";
import type { ServiceAccount } from "../../api/generated/core/v1.ts";
import { conflict, notFound } from "../../api/status.ts";
import type { TokenIssuer } from "../authn/token-issuer.ts";
import { objectAnswer } from "../exchange.ts";
import { writeContext } from "../handlers/environment.ts";
import { placeInNamespace } from "../handlers/place-in-namespace.ts";
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
      placeInNamespace(resource, request, exchange);
      const write = { operation: "CREATE", subresource: "token", object: request, namespace, name } as const;
      const attributes = admissionAttributes(resource, writeContext(exchange, environment), write);
      await resource.admission.admit(attributes);
      checkName(request, name);
      const stored = await resource.storage.get(namespace, name);
      if (stored === undefined) throw notFound(resource.schema, name);
      const uid = stored.object.metadata?.uid ?? "";
      checkUid(request, { name, uid });
      request.metadata = { ...request.metadata, name, namespace, uid };
      request.spec = issuer.complete(request);
      await resource.admission.validate(attributes);
      const issued = await issuer.issue(stored.object as ServiceAccount, request, (message) => {
        exchange.warnings.push(message);
      });
      return objectAnswer(issued, { code: 201 });
    },
  };
}

/** A request may say whose token it wants; then it says the same as its path. */
function checkName({ metadata }: TokenRequest, name: string): void {
  const said = metadata?.name ?? "";
  if (said === "" || said === name) return;
  const error = invalid("metadata.name", said, "must match the service account name if specified");
  throw invalidObject(TOKEN_REQUEST, name, [error]);
}

function checkUid({ metadata }: TokenRequest, of: { name: string; uid: string }): void {
  const said = metadata?.uid ?? "";
  if (said === "" || said === of.uid) return;
  const why = `the UID in the token request (${said}) does not match the UID of the service account (${of.uid})`;
  throw conflict({ group: TOKEN_REQUEST.group, resource: TOKEN_REQUEST.kind }, of.name, why);
}
