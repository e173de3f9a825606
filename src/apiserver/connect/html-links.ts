import type { Clock } from "../../base/clock.ts";
import { eachInTurns } from "../../base/turn-time.ts";

/** Which attributes of which elements are links (HTML 4 and 5; the ones that upstream's proxy knows). */
const LINKS: ReadonlyMap<string, readonly string[]> = new Map([
  ["a", ["href"]],
  ["applet", ["codebase"]],
  ["area", ["href"]],
  ["audio", ["src"]],
  ["base", ["href"]],
  ["blockquote", ["cite"]],
  ["body", ["background"]],
  ["button", ["formaction"]],
  ["command", ["icon"]],
  ["del", ["cite"]],
  ["embed", ["src"]],
  ["form", ["action"]],
  ["frame", ["longdesc", "src"]],
  ["head", ["profile"]],
  ["html", ["manifest"]],
  ["iframe", ["longdesc", "src"]],
  ["img", ["longdesc", "src", "usemap"]],
  ["input", ["src", "usemap", "formaction"]],
  ["ins", ["cite"]],
  ["link", ["href"]],
  ["object", ["classid", "codebase", "data", "usemap"]],
  ["q", ["cite"]],
  ["script", ["src"]],
  ["source", ["src"]],
  ["video", ["poster", "src"]],
]);

/** Elements whose text is no markup. */
const RAW_TEXT: ReadonlySet<string> = new Set(
  "iframe noembed noframes noscript script style textarea title xmp".split(" "),
);

// Sticky, and without alternatives that match the same text: each runs once over what it takes.
const TAG_NAME = /[a-zA-Z][^\s/>]*/y;
const ATTRIBUTE = /[\s/]*(?:([^\s/>=][^\s/>=]*)(\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)?))?)?/dy;

type Place = readonly [from: number, to: number];

/**
 * A page with its links exchanged; all the rest stays as it is, to the byte, when the page is read as latin1. Linear in its
 * length, and in turns: a page of two megabytes can be a fifth of a second of work.
 */
export async function rewriteLinks(page: string, rewrite: (link: string) => string, clock: Clock): Promise<string> {
  const parts: string[] = [];
  let copied = 0;
  await eachInTurns(clock, linkPlaces(page), (place) => {
    if (place === undefined) return;
    const [from, to] = place;
    parts.push(page.slice(copied, from), rewrite(page.slice(from, to)));
    copied = to;
  });
  parts.push(page.slice(copied));
  return parts.join("");
}

/** One step for each piece of markup and each attribute in it: where its link is, if it is one. */
function* linkPlaces(page: string): Generator<Place | undefined> {
  let at = page.indexOf("<");
  while (at >= 0) {
    const name = matchAt(TAG_NAME, page, at + 1)?.[0];
    if (name === undefined) at = passOther(page, at);
    else {
      const element = name.toLowerCase();
      at = yield* attributePlaces(page, at + 1 + name.length, LINKS.get(element) ?? []);
      if (RAW_TEXT.has(element)) at = endOfRawText(page, at, element);
    }
    yield undefined;
    at = page.indexOf("<", at);
  }
}

/** Where what begins with `<` at `at` and is no tag that opens an element ends. */
function passOther(page: string, at: number): number {
  if (page.startsWith("<!--", at)) return after(page, "-->", at + 4);
  return /[!?/]/.test(page[at + 1] ?? "") ? after(page, ">", at + 1) : at + 1;
}

/** Returns where the tag ends. */
function* attributePlaces(
  page: string,
  start: number,
  links: readonly string[],
): Generator<Place | undefined, number, undefined> {
  let at = start;
  while (at < page.length && page[at] !== ">") {
    const found = matchAt(ATTRIBUTE, page, at);
    const value = found?.indices?.[3] ?? found?.indices?.[4] ?? found?.indices?.[5];
    yield links.includes(found?.[1]?.toLowerCase() ?? "") ? value : undefined;
    at = found === null || found[0] === "" ? at + 1 : at + found[0].length;
  }
  return Math.min(at + 1, page.length);
}

function endOfRawText(page: string, start: number, element: string): number {
  const closing = new RegExp(`</${element}(?=[\\s/>])`, "gi");
  closing.lastIndex = start;
  return closing.exec(page)?.index ?? page.length;
}

function matchAt(pattern: RegExp, page: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(page);
}

function after(page: string, text: string, from: number): number {
  const found = page.indexOf(text, from);
  return found < 0 ? page.length : found + text.length;
}
