import { unauthorized } from "../../api/status.ts";
import type { Logger } from "../../base/log.ts";
import { type Authenticator, BadCredentialsError } from "../authn/authenticator.ts";
import type { Exchange, Filter } from "../exchange.ts";

/** Says who sends the request, or ends it with 401. In-process requests come with their identity. */
export function authenticationFilter(
  authenticator: Authenticator,
  log: Logger,
  refused: (exchange: Exchange) => void = () => {},
): Filter {
  return async (exchange, next) => {
    if (exchange.user === undefined) {
      try {
        exchange.user = await authenticator.authenticate({ ...exchange.credentials, path: exchange.path });
      } catch (error) {
        if (!(error instanceof BadCredentialsError)) throw error;
        log.debug("credentials were refused", { path: exchange.path, why: error.message });
      }
      if (exchange.user === undefined) {
        refused(exchange);
        throw unauthorized();
      }
    }
    return next(exchange);
  };
}
