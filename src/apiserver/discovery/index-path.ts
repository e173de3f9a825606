import type { FeaturesOff } from "../../api/feature-gates.ts";
import type { Schema } from "../../api/schema.ts";
import type { RemoteVersion } from "../aggregation/remote-resources.ts";
import { DISCOVERY_PATH, KEY_SET_PATH } from "../authn/key-documents.ts";
import { textAnswer } from "../exchange.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { checksOfPaths, type HealthChecks } from "../handlers/health.ts";
import type { ResourceTable } from "../registry/resource-table.ts";
import { groupResources, withRemoteVersions } from "./groups.ts";
import { servedResources } from "./served.ts";

const ALWAYS = [
  ...["/api", "/apis", "/apis/", "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version"],
  ...["/flagz", "/statusz", DISCOVERY_PATH, KEY_SET_PATH],
];

/** Which paths there are, in order. */
export function listedPaths(of: {
  readonly table: ResourceTable;
  readonly schema: Schema;
  readonly remote: () => readonly RemoteVersion[];
  readonly checks: HealthChecks;
  readonly featuresOff?: FeaturesOff | undefined;
}): () => string[] {
  const served = servedResources(of.table, of.schema);
  return () => {
    const groups = withRemoteVersions(groupResources(served()), of.remote());
    const ofGroups = groups.flatMap(({ name, versions }) => {
      const root = name === "" ? "/api" : `/apis/${name}`;
      return [root, ...versions.map(({ version }) => `${root}/${version}`)];
    });
    const health = [...checksOfPaths(of.checks)].flatMap(([root, checks]) => [
      `/${root}`,
      ...checks.map(({ name }) => `/${root}/${name}`),
    ]);
    const absent = [
      ...(of.featuresOff?.has("ComponentFlagz") ? ["/flagz"] : []),
      ...(of.featuresOff?.has("ComponentStatusz") ? ["/statusz"] : []),
    ];
    const all = new Set([...ALWAYS, ...ofGroups, ...health]);
    for (const path of absent) all.delete(path);
    return [...all].sort();
  };
}

/** GET / and /index.html: which paths there are (metav1.RootPaths). */
export function indexPath(paths: () => string[]): PathHandler {
  return ({ method, path }) => {
    if ((method !== "GET" && method !== "HEAD") || (path !== "/" && path !== "/index.html")) return undefined;
    return textAnswer(JSON.stringify({ paths: paths() }, null, 2), { contentType: "application/json" });
  };
}
