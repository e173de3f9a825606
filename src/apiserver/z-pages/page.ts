import type { Random } from "../../base/random.ts";
import { type Answer, type Exchange, textAnswer } from "../exchange.ts";
import { PAGE_GROUP, pageForm } from "./page-form.ts";

/** Name of the component, as upstream's generic server has it. */
const COMPONENT = "apiserver";
/** One of them is taken by chance, so that nobody comes to rely on what the text looks like. */
const DELIMITERS = [":", ": ", "=", " "];

/** A page about the server itself (upstream's z-pages): for people, and as an object for programs. */
export interface Page {
  readonly kind: "Statusz" | "Flagz";
  /** What the object has besides its metadata. */
  fields(): object;
  /** The lines below the heading. */
  text(delimiter: string): string;
}

/** @throws StatusError NotAcceptable */
export async function pageAnswer(page: Page, exchange: Exchange, random: Random): Promise<Answer> {
  const form = pageForm(exchange.headers.accept, page.kind);
  if (form.encoding === "text") return textAnswer(heading(page.kind) + page.text(delimiterOf(random)));
  const { encoding, version, contentType } = form;
  if (version === "v1alpha1") {
    exchange.warnings.push(
      `This version of the ${page.kind.toLowerCase()} endpoint is deprecated. Please use a newer version.`,
    );
  }
  const object = {
    kind: page.kind,
    apiVersion: `${PAGE_GROUP}/${version}`,
    metadata: { name: COMPONENT },
    ...page.fields(),
  };
  if (encoding === "json") return textAnswer(`${JSON.stringify(object)}\n`, { contentType });
  const { dump } = await import("js-yaml");
  return textAnswer(dump(object, { noRefs: true }), { contentType });
}

const heading = (kind: string): string =>
  `\n${COMPONENT} ${kind.toLowerCase()}\nWarning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.\n`;

const delimiterOf = (random: Random): string => DELIMITERS[Math.floor(random.fraction() * DELIMITERS.length)]!;
