import { methodNotAllowed } from "../../api/status.ts";
import { GIT_VERSION, KUBERNETES_MAJOR, KUBERNETES_MINOR } from "../../api/version.ts";
import { textAnswer } from "../exchange.ts";
import type { PathHandler } from "./handler.ts";

/** GET /version, as version.Info. OpenAPI names it with a slash at the end, so generated clients ask there. */
export function versionPath(): PathHandler {
  const info = {
    major: KUBERNETES_MAJOR,
    minor: KUBERNETES_MINOR,
    emulationMajor: KUBERNETES_MAJOR,
    emulationMinor: KUBERNETES_MINOR,
    minCompatibilityMajor: KUBERNETES_MAJOR,
    minCompatibilityMinor: String(Number(KUBERNETES_MINOR) - 1),
    gitVersion: GIT_VERSION,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "none",
    compiler: `node ${process.version}`,
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
  const text = JSON.stringify(info, null, 2);
  return ({ path, method }) => {
    if (path !== "/version" && path !== "/version/") return undefined;
    if (method !== "GET") throw methodNotAllowed();
    return textAnswer(text, { contentType: "application/json" });
  };
}
