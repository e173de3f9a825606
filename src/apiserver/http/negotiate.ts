import { invalid } from "../../api/field-error.ts";
import { badRequest, notAcceptable } from "../../api/status.ts";

/** In what form an answer is wanted. */
export interface Format {
  readonly encoding: "json" | "yaml" | "protobuf";
  /** The object itself, or a view of it (`as=` in the Accept header). */
  readonly as: "object" | "table" | "metadata";
  /** Line breaks and indents for people. */
  readonly pretty: boolean;
  readonly includeObject: "Metadata" | "Object" | "None";
  /** The version of a view. */
  readonly viewVersion?: MetaVersion;
  /** Metadata is asked for as that of a list. */
  readonly asList?: boolean;
}

export type MetaVersion = "meta.k8s.io/v1" | "meta.k8s.io/v1beta1";

interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

const ENCODINGS: Readonly<Record<string, Format["encoding"]>> = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
  "*/*": "json",
  "application/*": "json",
};
const OFFERS = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const STREAM_OFFERS = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];

/**
 * The first form of the Accept header, by quality and order, that the server has. Custom resources have no protobuf, but their
 * metadata has. Reviews and the like, which are never stored, have no Table; watches are no YAML.
 * @throws StatusError NotAcceptable, BadRequest
 */
export function negotiate(
  accept: string | undefined,
  query: URLSearchParams,
  {
    hasProtobuf = true,
    hasTable = true,
    isWatch = false,
    userAgent = "",
  }: { hasProtobuf?: boolean; hasTable?: boolean; isWatch?: boolean; userAgent?: string | undefined } = {},
): Format {
  const ranges = rangesOf(accept ?? "");
  const pretty = isPretty(query, userAgent);
  if (ranges.length === 0) return { encoding: "json", as: "object", pretty, includeObject: "Metadata" };
  // Upstream asks first how an object would be told, and how a stream of them only then.
  let offers = OFFERS;
  for (const range of ranges) {
    const encoding = Object.hasOwn(ENCODINGS, range.type) ? ENCODINGS[range.type] : undefined;
    const as = viewOf(range);
    // Tables have no protobuf form; clients that ask for one name JSON as well.
    if (encoding === undefined || as === undefined || (encoding === "protobuf" && as === "table")) continue;
    if (as === "table" && !hasTable) continue;
    if (encoding === "protobuf" && as === "object" && !hasProtobuf) continue;
    if (encoding === "yaml" && isWatch) {
      offers = STREAM_OFFERS;
      continue;
    }
    if ((range.parameters.stream ?? "watch") !== "watch") continue;
    return {
      encoding,
      as,
      pretty: pretty || range.parameters.pretty === "1",
      includeObject: as === "table" ? includeOf(query) : "Metadata",
      ...(as !== "object" && {
        viewVersion: range.parameters.v === "v1beta1" ? "meta.k8s.io/v1beta1" : "meta.k8s.io/v1",
        asList: range.parameters.as === "PartialObjectMetadataList",
      }),
    };
  }
  throw notAcceptable(offers);
}

const HEADERS_REMEMBERED = 256;
const remembered = new Map<string, readonly MediaRange[]>();

/** Clients send one of a few headers, again and again. */
function rangesOf(header: string): readonly MediaRange[] {
  let found = remembered.get(header);
  if (found === undefined) {
    found = parseAccept(header);
    if (remembered.size >= HEADERS_REMEMBERED) remembered.clear();
    remembered.set(header, found);
  }
  return found;
}

/** Media ranges of an Accept header, best first. */
export function parseAccept(header: string): MediaRange[] {
  const ranges = header
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [type = "", ...rest] = part.split(";").map((each) => each.trim());
      const parameters: Record<string, string> = {};
      for (const each of rest) {
        const [name = "", value = ""] = each.split("=");
        parameters[name.toLowerCase()] = value;
      }
      const quality = Number(parameters.q ?? 1);
      return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
    });
  return ranges.filter((range) => range.quality > 0).sort((a, b) => b.quality - a.quality);
}

function viewOf(range: MediaRange): Format["as"] | undefined {
  const { as, g, v } = range.parameters;
  if (as === undefined) return g === undefined && v === undefined ? "object" : undefined;
  if (g !== "meta.k8s.io" || (v !== "v1" && v !== "v1beta1")) return undefined;
  if (as === "Table") return "table";
  return as === "PartialObjectMetadata" || as === "PartialObjectMetadataList" ? "metadata" : undefined;
}

/** People who look with a browser or curl get line breaks without asking, as upstream. */
function isPretty(query: URLSearchParams, userAgent: string): boolean {
  const pretty = query.size === 0 ? "" : (query.get("pretty") ?? "");
  if (pretty !== "") return /^(?:1|t|T|TRUE|true|True)$/.test(pretty);
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

/** @throws StatusError BadRequest */
function includeOf(query: URLSearchParams): Format["includeObject"] {
  const value = query.size === 0 ? "" : (query.get("includeObject") ?? "");
  if (value === "Object" || value === "None") return value;
  if (value === "" || value === "Metadata") return "Metadata";
  const { message } = invalid("includeObject", value, "must be 'Metadata', 'Object', 'None', or empty");
  throw badRequest(`Unable to convert to Table as requested: includeObject: ${message}`);
}
