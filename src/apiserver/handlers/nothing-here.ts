import { pageNotFound } from "../../api/status.ts";
import { type Answer, type Exchange, textAnswer } from "../exchange.ts";

/** What is built in besides groups, and so answers beneath its root like them. */
const ROOTS = ["/api", "/version", "/openid/v1/jwks", "/.well-known/openid-configuration"];

/**
 * Answers for what nobody serves: in text, as upstream's last handler does.
 * @throws StatusError NotFound beneath the roots of what is built in, where upstream's router knows what it serves
 */
export function nothingHere({ path }: Exchange, builtInGroups: ReadonlySet<string>): Answer {
  const [, root, group] = path.split("/", 3);
  if (root === "apis" && group !== undefined && builtInGroups.has(group)) throw pageNotFound();
  if (ROOTS.some((each) => path === each || path.startsWith(`${each}/`))) throw pageNotFound();
  return { ...textAnswer("404 page not found\n", { code: 404 }), headers: { "x-content-type-options": "nosniff" } };
}
