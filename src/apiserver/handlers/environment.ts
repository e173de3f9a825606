import type { Alarms } from "../../base/alarms.ts";
import { present } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import { forbiddenError } from "../authz/forbidden.ts";
import type { Exchange } from "../exchange.ts";
import { attributesOf } from "../filters/authorization.ts";
import type { Authorize } from "../registry/create.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { checkWriteOptions, OPTIONS_KINDS } from "./options.ts";

/** What handlers are given besides the request. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  /** For what waits long, very many times. */
  readonly alarms: Alarms;
  /** Asked when a PUT or PATCH makes an object. */
  readonly authorizer: Authorizer;
  /** How long a watch lasts at least that does not say it itself; half an hour when absent. */
  readonly watchSecondsMin?: number | undefined;
  /** Watches do not begin with what there is, by the option for that. */
  readonly refusesInitialEvents?: boolean | undefined;
}

/** Whether the user of a PUT or PATCH may create what it names, to be asked when it is not there yet. */
export function createAuthorization(exchange: Exchange, { authorizer }: Environment): Authorize {
  return async () => {
    const user = present(exchange.user, "the user of an authorized request");
    const attributes = { ...attributesOf(user, exchange), verb: "create" };
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== "allow") throw forbiddenError(attributes, reason);
  };
}

/**
 * Reads what the query says about a write.
 *
 * @param dryRun where it is said in the body as well
 * @throws StatusError Invalid
 */
export function writeContext(exchange: Exchange, environment: Environment, dryRun?: boolean): WriteContext {
  checkWriteOptions(exchange);
  return new RequestWriteContext(exchange, environment, dryRun ?? exchange.query.getAll("dryRun").includes("All"));
}

/** A class, because a getter in a literal makes a hash table of the object, which stays until a full collection. */
class RequestWriteContext implements WriteContext {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly verb: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly fieldManager: string;
  readonly options: object | undefined;
  readonly untilMs: number | undefined;
  readonly bodyBytes = (): number => this.#exchange.body.size?.() ?? 0;
  readonly annotate: ((key: string, value: string) => void) | undefined;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, { clock, random }: Environment, dryRun: boolean) {
    this.user = present(exchange.user, "the user of an authorized request");
    this.dryRun = dryRun;
    this.verb = exchange.info.verb;
    this.clock = clock;
    this.random = random;
    this.fieldManager = exchange.query.get("fieldManager") || managerFromUserAgent(exchange.headers["user-agent"]);
    this.options = writeOptions(exchange);
    this.untilMs = exchange.untilMs;
    this.annotate = exchange.auditAnnotations === undefined ? undefined : annotator(exchange.auditAnnotations);
    this.#exchange = exchange;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  warn(message: string): void {
    this.#exchange.warnings.push(message);
  }
}

/** As upstream: who comes first with a key keeps it. */
function annotator(annotations: Record<string, string>): (key: string, value: string) => void {
  return (key, value) => {
    annotations[key] ??= value;
  };
}

/** What the query says of a write, as webhooks are told. */
function writeOptions({ method, query }: Exchange): WriteContext["options"] {
  if (OPTIONS_KINDS[method] === undefined) return undefined;
  const options: Record<string, string | string[]> = {};
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  if (dryRun.length > 0) options.dryRun = dryRun;
  for (const name of ["fieldManager", "fieldValidation"]) {
    const value = query.get(name);
    if (value) options[name] = value;
  }
  return options;
}

/** Upstream names an unnamed manager after the program: what stands before the first slash of User-Agent. */
function managerFromUserAgent(userAgent: string | undefined): string {
  return (userAgent ?? "unknown").split("/", 1)[0]!.slice(0, 128) || "unknown";
}
