import { admissionOf, admissionOptions } from "./admission-options.ts";
import { auditOf, auditOptions } from "./audit-options.ts";
import { authenticationOf, authenticationOptions, serviceAccountOptions } from "./authentication-options.ts";
import { authorizationOf, authorizationOptions } from "./authorization-options.ts";
import type { ServerChoices } from "./choices.ts";
import type { CommandOption, Invocation } from "./command.ts";
import { encryptionOf, encryptionOptions } from "./encryption-options.ts";
import { etcdOf, etcdOptions, pkiDirectoryOf } from "./etcd-options.ts";
import { featureOptions, featuresOffOf } from "./feature-options.ts";
import {
  flowControlOf,
  flowControlOptions,
  goAwayChanceOf,
  requestTimeoutOf,
  watchSecondsOf,
} from "./flow-control-options.ts";
import { metricsOf, metricsOptions } from "./metrics-options.ts";
import { rangeOptions, rangesOf } from "./range-options.ts";
import { outgoingOptions, servingOf, servingOptions, trustOf } from "./serving-options.ts";
import { allowedOriginsOf, transportSecurityOf, transportSecurityOptions } from "./transport-security-options.ts";

/** Options of the API server, named as kube-apiserver's. */
export const serverOptions: Readonly<Record<string, CommandOption>> = {
  ...etcdOptions,
  ...rangeOptions,
  ...authenticationOptions,
  ...serviceAccountOptions,
  ...authorizationOptions,
  ...encryptionOptions,
  ...auditOptions,
  ...flowControlOptions,
  ...admissionOptions,
  ...servingOptions,
  ...transportSecurityOptions,
  ...outgoingOptions,
  ...metricsOptions,
  ...featureOptions,
};

/** @throws CommandError on values that cannot be */
export function serverChoicesOf(invocation: Invocation): ServerChoices {
  return {
    etcd: etcdOf(invocation),
    pkiDirectory: pkiDirectoryOf(invocation),
    ranges: rangesOf(invocation),
    authentication: authenticationOf(invocation),
    authorization: authorizationOf(invocation),
    serving: servingOf(invocation),
    trust: trustOf(invocation),
    encryption: encryptionOf(invocation),
    audit: auditOf(invocation),
    flowControl: flowControlOf(invocation),
    requestTimeoutMs: requestTimeoutOf(invocation),
    watchSecondsMin: watchSecondsOf(invocation),
    transportSecurity: transportSecurityOf(invocation),
    allowedOrigins: allowedOriginsOf(invocation),
    goAwayChance: goAwayChanceOf(invocation),
    admission: admissionOf(invocation),
    metrics: metricsOf(invocation),
    featuresOff: featuresOffOf(invocation),
    flags: flagsOf(invocation),
  };
}

/** Flags that nobody may read, in upstream's word for them. */
const CLASSIFIED = ["token"];

/** Those of the API server, and whatever else was given. */
function flagsOf({ options }: Invocation): Record<string, string> {
  const defaults = Object.entries(serverOptions).map(([name, option]): [string, string] => [
    name,
    option.default ?? (option.type === "boolean" ? "false" : ""),
  ]);
  const given = Object.entries(options).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, CLASSIFIED.includes(name) ? "CLASSIFIED" : String(value)]],
  );
  return Object.fromEntries([...defaults, ...given]);
}
