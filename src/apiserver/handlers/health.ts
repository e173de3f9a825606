import type { Answer } from "../exchange.ts";
import { textAnswer } from "../exchange.ts";
import type { PathHandler } from "./handler.ts";

/** One thing that must be well. Answers what is wrong, or undefined. */
export interface HealthCheck {
  readonly name: string;
  check(): string | undefined | Promise<string | undefined>;
}

export interface HealthChecks {
  readonly live: readonly HealthCheck[];
  /** Of what others do for the server: who starts it again when it is not live would not help them. */
  readonly healthy?: readonly HealthCheck[];
  readonly ready: readonly HealthCheck[];
  /** Of the start: a server that does not come to its end is neither live nor ready. */
  readonly started?: readonly HealthCheck[];
  /** Of the end: who asks a server that stops hears that it is not ready, so that others are asked. */
  readonly stopping?: readonly HealthCheck[];
}

/** What each path asks for. */
export function checksOfPaths({
  live,
  healthy = [],
  ready,
  started = [],
  stopping = [],
}: HealthChecks): ReadonlyMap<string, readonly HealthCheck[]> {
  return new Map([
    ["healthz", [...live, ...healthy, ...started]],
    ["livez", [...live, ...started]],
    ["readyz", [...live, ...healthy, ...ready, ...started, ...stopping]],
  ]);
}

/** /healthz, /livez and /readyz with named checks, `?verbose`, `?exclude=` and `/livez/<check>`. */
export function healthPaths(checks: HealthChecks): PathHandler {
  const byRoot = checksOfPaths(checks);
  return (exchange) => {
    const [, root = "", ...rest] = exchange.path.split("/");
    const all = byRoot.get(root);
    if (all === undefined) return undefined;
    const name = rest.join("/");
    if (name !== "") {
      const one = all.find((check) => check.name === name);
      return one === undefined ? undefined : single(one);
    }
    const excluded = new Set(exchange.query.getAll("exclude"));
    return report(root, { checks: all, excluded, verbose: exchange.query.has("verbose") });
  };
}

async function single(check: HealthCheck): Promise<Answer> {
  const wrong = await check.check();
  return wrong === undefined ? textAnswer("ok") : textAnswer(`internal server error: ${wrong}\n`, { code: 500 });
}

async function report(
  root: string,
  of: { checks: readonly HealthCheck[]; excluded: ReadonlySet<string>; verbose: boolean },
): Promise<Answer> {
  let failed = false;
  const unknown = new Set(of.excluded);
  const lines: string[] = [];
  for (const check of of.checks) {
    if (unknown.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok\n`);
      continue;
    }
    const isWell = (await check.check()) === undefined;
    lines.push(isWell ? `[+]${check.name} ok\n` : `[-]${check.name} failed: reason withheld\n`);
    failed ||= !isWell;
  }
  if (unknown.size > 0) {
    const names = [...unknown].sort().map((name) => JSON.stringify(name));
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names.join(",")}\n`);
  }
  if (failed) return textAnswer(`${lines.join("")}${root} check failed\n`, { code: 500 });
  return textAnswer(of.verbose ? `${lines.join("")}${root} check passed\n` : "ok");
}
