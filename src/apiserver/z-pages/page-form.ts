import { notAcceptable } from "../../api/status.ts";
import { parseAccept } from "../http/negotiate.ts";

/** In what form a page about the server itself is wanted. */
export type PageForm =
  | { readonly encoding: "text" }
  | { readonly encoding: "json" | "yaml"; readonly version: PageVersion; readonly contentType: string };

export type PageVersion = "v1alpha1" | "v1beta1";

export const PAGE_GROUP = "config.k8s.io";
const VERSIONS: readonly PageVersion[] = ["v1alpha1", "v1beta1"];
const JSON_TYPE = "application/json";
const YAML_TYPE = "application/yaml";
const TEXT_TYPE = "text/plain";
const OFFERS = [JSON_TYPE, YAML_TYPE, "application/vnd.kubernetes.protobuf", TEXT_TYPE];

/**
 * The first form of the Accept header that there is: text for who names no kind, an object for who names group, version and
 * kind of it (`application/json;v=v1beta1;g=config.k8s.io;as=Statusz`).
 * @throws StatusError NotAcceptable
 */
export function pageForm(accept: string | undefined, kind: string): PageForm {
  const ranges = parseAccept(accept ?? "");
  if (ranges.length === 0) return { encoding: "text" };
  for (const { type, parameters } of ranges) {
    const { as, g, v, stream, sv } = parameters;
    if (stream || sv) continue;
    if (as === undefined && g === undefined && v === undefined) {
      if (type === TEXT_TYPE || type === "text/*" || type === "*/*") return { encoding: "text" };
      continue;
    }
    const version = VERSIONS.find((each) => each === v);
    if (as !== kind || g !== PAGE_GROUP || version === undefined) continue;
    const view = `;g=${g};v=${v};as=${as}`;
    if (type === YAML_TYPE) return { encoding: "yaml", version, contentType: YAML_TYPE + view };
    if (type === JSON_TYPE || type === "application/*" || type === "*/*")
      return { encoding: "json", version, contentType: JSON_TYPE + view };
  }
  throw notAcceptable(OFFERS);
}
