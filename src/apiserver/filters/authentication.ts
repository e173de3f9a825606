import { unauthorized } from "../../api/status.ts";
import type { Logger } from "../../base/log.ts";
import {
  type AuthenticationNotes,
  type Authenticator,
  BadCredentialsError,
  type UserInfo,
} from "../authn/authenticator.ts";
import type { Answering, Exchange, Filter, Handler } from "../exchange.ts";

/** Says who sends the request, or ends it with 401. In-process requests come with their identity. */
export function authenticationFilter(
  authenticator: Authenticator,
  log: Logger,
  refused: (exchange: Exchange) => void = () => {},
): Filter {
  const refuse = (exchange: Exchange): never => {
    refused(exchange);
    throw unauthorized();
  };
  const failed = (exchange: Exchange, error: unknown): never => {
    if (!(error instanceof BadCredentialsError)) throw error;
    takeNote(exchange, error);
    log.debug("credentials were refused", { path: exchange.path, why: error.message });
    return refuse(exchange);
  };
  const goOn = (exchange: Exchange, next: Handler, user: UserInfo | undefined): Answering => {
    if (user === undefined) return refuse(exchange);
    exchange.user = user;
    return next(exchange);
  };
  const ask = (exchange: Exchange): ReturnType<Authenticator["authenticate"]> => {
    const { headers, certificate } = exchange.credentials;
    const note = (notes: AuthenticationNotes): void => takeNote(exchange, notes);
    try {
      const asked = authenticator.authenticate({ headers, certificate, path: exchange.path, note });
      return asked instanceof Promise ? asked.catch((error) => failed(exchange, error)) : asked;
    } catch (error) {
      return failed(exchange, error);
    }
  };
  return (exchange, next) => {
    if (exchange.user !== undefined) return next(exchange);
    const asked = ask(exchange);
    return asked instanceof Promise ? asked.then((user) => goOn(exchange, next, user)) : goOn(exchange, next, asked);
  };
}

/** Who audits goes on from these annotations. */
function takeNote(exchange: Exchange, { warning, annotations }: AuthenticationNotes): void {
  if (warning !== undefined) exchange.warnings.push(warning);
  exchange.auditAnnotations = { ...exchange.auditAnnotations, ...annotations };
}
