import type { AnyObject, ApiObject } from "../../api/meta.ts";
import { badRequest } from "../../api/status.ts";
import { present } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { Exchange } from "../exchange.ts";
import type { WriteContext } from "../registry/strategy.ts";
import { isTrue } from "../request-info.ts";

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
    options: writeOptions(exchange),
    signal: exchange.signal,
    warn: (message) => void exchange.warnings.push(message),
    ...(exchange.auditAnnotations === undefined ? {} : { annotate: annotator(exchange.auditAnnotations) }),
  };
}

/** As upstream: who comes first with a key keeps it. */
function annotator(annotations: Record<string, string>): (key: string, value: string) => void {
  return (key, value) => {
    annotations[key] ??= value;
  };
}

const OPTIONS_KINDS: Readonly<Record<string, string>> = {
  POST: "CreateOptions",
  PUT: "UpdateOptions",
  PATCH: "PatchOptions",
};

/** The query of a write as the object that webhooks are told. */
function writeOptions({ method, query }: Exchange): ApiObject | undefined {
  const kind = OPTIONS_KINDS[method];
  if (kind === undefined) return undefined;
  const options: AnyObject = { kind, apiVersion: "meta.k8s.io/v1" };
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  if (dryRun.length > 0) options.dryRun = dryRun;
  if (method === "PATCH" && query.get("force") !== null) options.force = isTrue(query.get("force"));
  for (const name of ["fieldManager", "fieldValidation"]) {
    const value = query.get(name);
    if (value) options[name] = value;
  }
  return options;
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
