import { present } from "../../base/assert.ts";
import { type ImpersonationObserver, impersonate, wantsImpersonation } from "../authn/impersonation.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { Exchange, Filter } from "../exchange.ts";
import { attributesOf } from "./authorization.ts";

/** Lets those who may act as somebody else (`kubectl --as`). */
export function impersonationFilter(
  authorizer: Authorizer,
  more: { observer?: ImpersonationObserver; isConstrained?: boolean } = {},
): Filter {
  const { observer, isConstrained = true } = more;
  const become = async (exchange: Exchange): Promise<void> => {
    const requestor = present(exchange.user, "the user of an authenticated request");
    const request = attributesOf(requestor, exchange);
    const impersonated = await impersonate(requestor, exchange.headers, {
      ...{ authorizer, observer },
      ...(isConstrained && { request }),
    });
    exchange.user = impersonated?.user ?? requestor;
    exchange.impersonationConstraint = impersonated?.constraint;
  };
  return (exchange, next) =>
    wantsImpersonation(exchange.headers) ? become(exchange).then(() => next(exchange)) : next(exchange);
}
