import type { Counter, Gauge, Histogram, Metrics } from "../../base/metrics.ts";
import type { Exchange } from "../exchange.ts";
import type { RequestInfo } from "../request-info.ts";
import type { RequestTarget } from "../request-target.ts";

const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const BYTES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/** Of one target: codes of other servers may be any. */
const SERIES_REMEMBERED = 64;
const TARGET = ["group", "version", "resource", "subresource", "scope"];

/** What is counted of each request. */
export interface RequestMetrics {
  /** A request was answered: with this code, after so long, of which it waited for its turn. */
  answered(exchange: Exchange, code: number, took: { seconds: number; waitedSeconds: number }): void;
  /** The gauge of requests under way, or of long-running ones. */
  running(exchange: Exchange, isLongRunning: boolean): Gauge;
  /** So many bytes of body went out to a reader. */
  sent(exchange: Exchange, bytes: number): void;
}

interface Recorded {
  readonly total: Counter;
  readonly duration: Histogram;
  readonly service: Histogram;
}

/**
 * The request metrics of upstream's API server, by its names. What somebody asked for that is not served has no name of its
 * own in the labels, so that nobody fills the memory by asking.
 * @param of.isServed whether a group, version and resource exist
 * @param of.isDeprecated whether clients are to turn to something else
 */
export function requestMetrics(
  metrics: Metrics,
  { isServed, isDeprecated }: { isServed(info: RequestInfo): boolean; isDeprecated(info: RequestInfo): boolean },
): RequestMetrics {
  const families = requestFamilies(metrics);
  const recorded = new WeakMap<RequestTarget, Map<number, Recorded>>();
  const sizes = new WeakMap<RequestTarget, Map<number, Histogram>>();
  const mutating = families.inflight.labels("mutating");
  const readOnly = families.inflight.labels("readOnly");
  const known = (info: RequestInfo): boolean => !info.isResourceRequest || isServed(info);
  const record = (exchange: Exchange, code: number): Recorded => {
    const { info } = exchange;
    const labels = [
      verbLabel(exchange),
      exchange.query.has("dryRun") ? "All" : "",
      ...targetLabels(info, known(info)),
      "apiserver",
    ];
    const seconds = [labels[0]!, ...labels.slice(2)];
    if (info.isResourceRequest && isDeprecated(info)) {
      families.deprecated.labels(info.group, info.version, info.resource, info.subresource, "").set(1);
    }
    return {
      total: families.total.labels(...labels, String(code)),
      duration: families.duration.labels(...labels),
      service: families.service.labels(...seconds),
    };
  };
  return {
    answered(exchange, code, { seconds, waitedSeconds }) {
      const found = remembered(recorded, { exchange, code }, () => ({
        series: record(exchange, code),
        isKnown: known(exchange.info),
      }));
      found.total.inc();
      found.duration.observe(seconds);
      found.service.observe(seconds - waitedSeconds);
    },
    running(exchange, isLongRunning) {
      const { info } = exchange;
      if (!isLongRunning) return isMutating(info.verb) ? mutating : readOnly;
      return families.longRunning.labels(verbLabel(exchange), ...targetLabels(info, known(info)), "apiserver");
    },
    sent(exchange, bytes) {
      const { info } = exchange;
      if (!info.isResourceRequest) return;
      const found = remembered(sizes, { exchange, code: 0 }, () => ({
        series: families.sizes.labels(verbLabel(exchange), ...targetLabels(info, known(info)), "apiserver"),
        isKnown: known(info),
      }));
      found.observe(bytes);
    },
  };
}

function requestFamilies(metrics: Metrics) {
  return {
    total: metrics.counter(
      "apiserver_request_total",
      "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
      ["verb", "dry_run", ...TARGET, "component", "code"],
    ),
    duration: metrics.histogram(
      "apiserver_request_duration_seconds",
      "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
      { labelNames: ["verb", "dry_run", ...TARGET, "component"], buckets: SECONDS },
    ),
    service: metrics.histogram(
      "apiserver_request_sli_duration_seconds",
      "Response latency distribution (not counting priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.",
      { labelNames: ["verb", ...TARGET, "component"], buckets: SECONDS },
    ),
    deprecated: metrics.gauge(
      "apiserver_requested_deprecated_apis",
      "Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.",
      ["group", "version", "resource", "subresource", "removed_release"],
    ),
    inflight: metrics.gauge(
      "apiserver_current_inflight_requests",
      "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
      ["request_kind"],
    ),
    longRunning: metrics.gauge(
      "apiserver_longrunning_requests",
      "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.",
      ["verb", ...TARGET, "component"],
    ),
    sizes: metrics.histogram(
      "apiserver_response_sizes",
      "Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
      { labelNames: ["verb", ...TARGET, "component"], buckets: BYTES },
    ),
  };
}

/** What was counted last of requests with the same labels: cheaper than an array of them. What nobody serves is not kept. */
function remembered<T>(
  byTarget: WeakMap<RequestTarget, Map<number, T>>,
  { exchange, code }: { exchange: Exchange; code: number },
  make: () => { series: T; isKnown: boolean },
): T {
  const key = seriesKey(exchange, code);
  const { target } = exchange.info;
  const known = byTarget.get(target);
  const found = known?.get(key);
  if (found !== undefined) return found;
  const { series, isKnown } = make();
  if (!isKnown) return series;
  if (known === undefined) byTarget.set(target, new Map([[key, series]]));
  else if (known.size < SERIES_REMEMBERED) known.set(key, series);
  return series;
}

/** One number for each combination that `answered` tells apart, of requests with one target. */
function seriesKey(exchange: Exchange, code: number): number {
  const { info, query } = exchange;
  if (!info.isResourceRequest) return code;
  const scope = isOfOne(info) ? 0 : info.namespace !== "" ? 1 : 2;
  const isApply = info.verb === "patch" && verbLabel(exchange) === "APPLY";
  const isDry = query.size > 0 && query.has("dryRun");
  return code * 16 + scope * 4 + (isApply ? 2 : 0) + (isDry ? 1 : 0);
}

function targetLabels(info: RequestInfo, isKnown: boolean): string[] {
  if (!info.isResourceRequest || !isKnown) return ["", "", "", "", ""];
  const scope = isOfOne(info) ? "resource" : info.namespace !== "" ? "namespace" : "cluster";
  return [info.group, info.version, info.resource, info.subresource, scope];
}

function isOfOne({ name, verb }: RequestInfo): boolean {
  return name !== "" || verb === "create";
}

const VERB_LABELS: Readonly<Record<string, string>> = { create: "POST", update: "PUT" };
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const CONNECT = new Set(["attach", "exec", "portforward", "proxy"]);

function verbLabel({ info, method, body }: Exchange): string {
  if (!info.isResourceRequest || info.verb === "") return METHODS.has(method) ? method : "other";
  if (CONNECT.has(info.subresource)) return "CONNECT";
  if (info.verb === "patch" && body.contentType.startsWith("application/apply-patch")) return "APPLY";
  return VERB_LABELS[info.verb] ?? info.verb.toUpperCase();
}

/** Verbs that change something, as upstream tells them apart. */
export function isMutating(verb: string): boolean {
  return verb !== "get" && verb !== "list" && verb !== "watch" && verb !== "head" && verb !== "options";
}
