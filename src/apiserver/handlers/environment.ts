import { badRequest } from "../../api/status.ts";
import { present } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Exchange } from "../exchange.ts";
import type { WriteContext } from "../registry/strategy.ts";

/** What handlers are given besides the request. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
}

/** Reads what the query says about a write. @throws StatusError BadRequest */
export function writeContext(exchange: Exchange, environment: Environment): WriteContext {
  return {
    user: present(exchange.user, "the user of an authorized request"),
    dryRun: dryRunOf(exchange.query.getAll("dryRun")),
    clock: environment.clock,
    random: environment.random,
    fieldManager: exchange.query.get("fieldManager") || managerFromUserAgent(exchange.headers["user-agent"]),
    warn: (message) => void exchange.warnings.push(message),
  };
}

/** Only `All` is a dry run. */
export function dryRunOf(values: readonly unknown[]): boolean {
  const asked = values.filter((value) => value !== "");
  const wrong = asked.find((value) => value !== "All");
  if (wrong !== undefined) throw badRequest(`dryRun: Unsupported value: "${wrong}": supported values: "All"`);
  return asked.length > 0;
}

/** Upstream names an unnamed manager after the program: what stands before the first slash of User-Agent. */
function managerFromUserAgent(userAgent: string | undefined): string {
  return (userAgent ?? "unknown").split("/", 1)[0]!.slice(0, 128) || "unknown";
}
