import assert from "node:assert/strict";
import { test } from "node:test";
import { checksOfPaths, type HealthCheck } from "./handlers/health.ts";
import { StartHooks } from "./start-hooks.ts";

const named = (checks: readonly HealthCheck[], name: string) => checks.find((check) => check.name === name);

test("a step of the start is well when who takes it says so", async () => {
  const hooks = new StartHooks();
  const checks = hooks.checks({ isFair: true });
  const roles = named(checks, "poststarthook/rbac/bootstrap-roles");
  assert.equal(await roles?.check(), "not finished");
  hooks.done("rbac/bootstrap-roles");
  assert.equal(await roles?.check(), undefined);
  assert.equal(await named(checks, "autoregister-completion")?.check(), "not finished");
});

test("what limits requests is what is chosen", () => {
  const hooks = new StartHooks();
  const limits = (isFair: boolean) =>
    hooks
      .checks({ isFair })
      .map(({ name }) => name)
      .filter((name) => /priority-and-fairness|max-in-flight|count-tracker/.test(name));
  assert.deepEqual(limits(false), ["poststarthook/max-in-flight-filter"]);
  assert.deepEqual(limits(true), [
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-filter",
    "poststarthook/storage-object-count-tracker-hook",
    "poststarthook/priority-and-fairness-config-producer",
  ]);
});

test("all three paths ask for the start, only /readyz for the end", () => {
  const check = (name: string): HealthCheck => ({ name, check: () => undefined });
  const paths = checksOfPaths({
    live: [check("ping")],
    healthy: [check("keys")],
    ready: [check("synced")],
    started: [check("hook")],
    stopping: [check("shutdown")],
  });
  const names = Object.fromEntries([...paths].map(([path, checks]) => [path, checks.map(({ name }) => name).join()]));
  assert.deepEqual(names, { healthz: "ping,keys,hook", livez: "ping,hook", readyz: "ping,keys,synced,hook,shutdown" });
});
