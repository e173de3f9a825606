import type { Random } from "../../base/random.ts";
import type { PathHandler } from "../handlers/handler.ts";
import { type Page, pageAnswer } from "./page.ts";

/** /flagz: what the server was told at its start. @param flags values by name, what is secret among them left out */
export function flagzPath(flags: Readonly<Record<string, string>>, random: Random): PathHandler {
  const sorted = Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));
  const page: Page = {
    kind: "Flagz",
    fields: () => (sorted.length === 0 ? {} : { flags: Object.fromEntries(sorted) }),
    text: (delimiter) => sorted.map(([name, value]) => `${name}${delimiter}${value}\n`).join(""),
  };
  return (exchange) => (exchange.path === "/flagz" ? pageAnswer(page, exchange, random) : undefined);
}
