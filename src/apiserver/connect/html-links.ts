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

/**
 * A page with its links exchanged; all the rest stays as it is, to the byte, when the page is read as latin1. Linear in its
 * length. Pure.
 */
export function rewriteLinks(page: string, rewrite: (link: string) => string): string {
  const parts: string[] = [];
  let copied = 0;
  const exchange = (from: number, to: number): void => {
    parts.push(page.slice(copied, from), rewrite(page.slice(from, to)));
    copied = to;
  };
  for (let at = page.indexOf("<"); at >= 0; at = page.indexOf("<", at)) at = passMarkup(page, at, exchange);
  parts.push(page.slice(copied));
  return parts.join("");
}

/** Where what begins with `<` at `at` ends. Tells of the links in it. */
function passMarkup(page: string, at: number, exchange: (from: number, to: number) => void): number {
  if (page.startsWith("<!--", at)) return after(page, "-->", at + 4);
  if (/[!?/]/.test(page[at + 1] ?? "")) return after(page, ">", at + 1);
  const name = matchAt(TAG_NAME, page, at + 1)?.[0];
  if (name === undefined) return at + 1;
  const element = name.toLowerCase();
  const end = passAttributes(page, at + 1 + name.length, { links: LINKS.get(element) ?? [], exchange });
  return RAW_TEXT.has(element) ? endOfRawText(page, end, element) : end;
}

function passAttributes(
  page: string,
  start: number,
  { links, exchange }: { links: readonly string[]; exchange: (from: number, to: number) => void },
): number {
  let at = start;
  while (at < page.length && page[at] !== ">") {
    const found = matchAt(ATTRIBUTE, page, at);
    const value = found?.indices?.[3] ?? found?.indices?.[4] ?? found?.indices?.[5];
    if (value !== undefined && links.includes(found?.[1]?.toLowerCase() ?? "")) exchange(...value);
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
