import { KUBERNETES_MAJOR, KUBERNETES_MINOR, KUBERNETES_VERSION } from "../../api/version.ts";
import { type Clock, formatTime } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { type Page, pageAnswer } from "./page.ts";

/** As /version says it. */
const GO_VERSION = "none";
const BINARY_VERSION = KUBERNETES_VERSION.slice(1);
const EMULATION_VERSION = `${KUBERNETES_MAJOR}.${KUBERNETES_MINOR}`;
/** What is no place to look for trouble. */
const NOT_FOR_DEBUGGING = ["/api", "/apis", "/openid", "/openapi", "/.well-known"];

/** /statusz: since when the server runs, which version it is, and where else to look. @param paths all that it has */
export function statuszPath(of: { clock: Clock; random: Random; paths: () => readonly string[] }): PathHandler {
  const { clock, random } = of;
  const startedMs = clock.now();
  const startedAt = clock.monotonic();
  const upSeconds = (): number => Math.floor((clock.monotonic() - startedAt) / 1000);
  const page: Page = {
    kind: "Statusz",
    fields: () => ({
      startTime: formatTime(startedMs),
      uptimeSeconds: upSeconds(),
      goVersion: GO_VERSION,
      binaryVersion: BINARY_VERSION,
      emulationVersion: EMULATION_VERSION,
      paths: rootsOf(of.paths()),
    }),
    text: (delimiter) =>
      [
        "",
        `Started${delimiter} ${unixDate(startedMs)}`,
        `Up${delimiter} ${uptime(upSeconds())}`,
        `Go version${delimiter} ${GO_VERSION}`,
        `Binary version${delimiter} ${BINARY_VERSION}`,
        `Emulation version${delimiter} ${EMULATION_VERSION}`,
        `Paths${delimiter} ${rootsOf(of.paths()).join(" ")}`,
        "",
      ].join("\n"),
  };
  return (exchange) => (exchange.path === "/statusz" ? pageAnswer(page, exchange, random) : undefined);
}

function rootsOf(paths: readonly string[]): string[] {
  const roots = new Set(paths.map((path) => `/${path.split("/", 2)[1]}`));
  return [...roots].filter((root) => root !== "/" && !NOT_FOR_DEBUGGING.includes(root)).sort();
}

function uptime(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
}

/** Go's time.UnixDate: `Mon Jan _2 15:04:05 MST 2006`. */
function unixDate(epochMs: number): string {
  const [weekday, day, month, year, time] = new Date(epochMs).toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}
