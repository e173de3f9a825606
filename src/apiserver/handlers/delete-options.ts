import { invalid, notSupported } from "../../api/field-error.ts";
import { badRequest } from "../../api/status.ts";
import type { Exchange } from "../exchange.ts";
import type { DeleteOptions } from "../registry/delete.ts";
import { isTrue } from "../request-info.ts";
import { decodeBody, expectObject } from "./decode.ts";
import { dryRunErrors, numberOf, refuseOptions } from "./options.ts";
import { readObject } from "./read-object.ts";
import { typeOf } from "./typed-body.ts";

export interface ReadDeleteOptions {
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
}

/** Clients name the version of the group that they delete in. */
const KIND = { group: "", version: "v1", kind: "DeleteOptions" };
const POLICIES = ["Foreground", "Background", "Orphan"];

/** DeleteOptions from the body; from the query where there is no body. @throws StatusError BadRequest, Invalid */
export async function deleteOptions(exchange: Exchange): Promise<ReadDeleteOptions> {
  const { body, query } = exchange;
  const hasBody = body.value !== undefined || (await body.read()).length > 0;
  if (!hasBody) return checkDeleteOptions(query.size === 0 ? {} : optionsInQuery(query), query.getAll("dryRun"));
  const { dryRun = [], ...options } = await optionsInBody(exchange);
  return checkDeleteOptions(options, dryRun);
}

type Sent = DeleteOptions & { dryRun?: string[] };

/** @throws StatusError Invalid */
export function checkDeleteOptions(options: DeleteOptions, dryRun: readonly string[]): ReadDeleteOptions {
  const { propagationPolicy: policy, orphanDependents, gracePeriodSeconds } = options;
  const errors = dryRunErrors(dryRun);
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"));
  }
  if (policy !== undefined && !POLICIES.includes(policy)) {
    errors.push(notSupported("propagationPolicy", policy, [...POLICIES, "nil"]));
  }
  refuseOptions("DeleteOptions", errors);
  // As upstream: less than nothing is a second.
  const isNegative = gracePeriodSeconds !== undefined && gracePeriodSeconds < 0;
  return {
    options: isNegative ? { ...options, gracePeriodSeconds: 1 } : options,
    dryRun: dryRun.includes("All"),
  };
}

async function optionsInBody(exchange: Exchange): Promise<Sent> {
  const { value } = await decodeBody(exchange.body);
  if (value === null) return {};
  const { apiVersion: _, ...said } = (typeof value === "object" ? value : { kind: typeof value }) as {
    kind?: unknown;
    apiVersion?: unknown;
  };
  if (Array.isArray(value) || (said.kind !== undefined && said.kind !== "" && said.kind !== KIND.kind)) {
    throw badRequest("decoded object cannot be converted to DeleteOptions");
  }
  const {
    apiVersion: _v,
    kind: _k,
    ...options
  } = readObject(typeOf(KIND), { value: expectObject({ value: said }, KIND) }, exchange);
  return options as Sent;
}

function optionsInQuery(query: URLSearchParams): Sent {
  const grace = numberOf(query, "gracePeriodSeconds");
  const policy = query.get("propagationPolicy");
  const orphan = query.get("orphanDependents");
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(orphan === null ? {} : { orphanDependents: isTrue(orphan) }),
  };
}
