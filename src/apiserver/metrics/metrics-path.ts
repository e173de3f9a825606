import type { Metrics } from "../../base/metrics.ts";
import { nextTurn } from "../../base/turn.ts";
import { textAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { checksOfPaths, type HealthChecks } from "../handlers/health.ts";

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
/** Most are small: a family of few series. */
const PIECES_IN_A_TURN = 4;

/** /metrics, as Prometheus reads it; who may ask is RBAC's to say (nonResourceURLs, system:monitoring). */
export function metricsPath(metrics: Metrics): PathHandler {
  return async (exchange) => {
    if (exchange.path !== "/metrics") return undefined;
    const pieces: string[] = [];
    for (const piece of metrics.pieces()) if (pieces.push(piece) % PIECES_IN_A_TURN === 0) await nextTurn();
    return textAnswer(pieces.join(""), { contentType: CONTENT_TYPE });
  };
}

/** /metrics/slis: the health checks as numbers (Kubernetes component SLIs). */
export function serviceLevelPath(slis: Metrics, checks: HealthChecks): PathHandler {
  const health = slis.gauge("kubernetes_healthcheck", "This metric records the result of a single healthcheck.", [
    "name",
    "type",
  ]);
  const counted = slis.counter("kubernetes_healthchecks_total", "This metric records the results of all healthcheck.", [
    "name",
    "type",
    "status",
  ]);
  const byRoot = checksOfPaths(checks);
  const look = async (type: string): Promise<void> => {
    for (const { name, check } of byRoot.get(type) ?? []) {
      const isWell = (await check()) === undefined;
      health.labels(name, type).set(isWell ? 1 : 0);
      counted.labels(name, type, isWell ? "success" : "error").inc();
    }
  };
  return async (exchange) => {
    if (exchange.path !== "/metrics/slis") return undefined;
    await look("livez");
    await look("readyz");
    return textAnswer(slis.text(), { contentType: CONTENT_TYPE });
  };
}
