import { present } from "../../base/assert.ts";
import { impersonate } from "../authn/impersonation.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { Filter } from "../exchange.ts";

/** Lets those who may act as somebody else (`kubectl --as`). */
export function impersonationFilter(authorizer: Authorizer): Filter {
  return async (exchange, next) => {
    const requestor = present(exchange.user, "the user of an authenticated request");
    exchange.user = (await impersonate(requestor, exchange.headers, authorizer)) ?? requestor;
    return next(exchange);
  };
}
