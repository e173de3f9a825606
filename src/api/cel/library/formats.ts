import {
  dns1035LabelErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  labelValueErrors,
  qualifiedNameErrors,
} from "../../names.ts";
import { stringFormat } from "../../structural/formats.ts";
import { isRequestUri } from "../../structural/uri-format.ts";
import type { OpaqueValue as Opaque } from "../evaluate/values.ts";
import { CelList, OpaqueValue, Optional } from "../evaluate/values.ts";
import type { Overload } from "./overload.ts";
import { global, member } from "./overload.ts";

const name = "kubernetes.NamedFormat";

export class FormatValue extends OpaqueValue {
  override readonly typeName = name;
  readonly formatName: string;
  /** What is wrong with a text: nothing when it is valid. */
  readonly errors: (text: string) => string[];
  /** A measure of what checking costs, as upstream gives it. */
  readonly patternLength: number;
  constructor(formatName: string, patternLength: number, errors: (text: string) => string[]) {
    super();
    this.formatName = formatName;
    this.patternLength = patternLength;
    this.errors = errors;
  }
  equals(other: Opaque): boolean {
    return other instanceof FormatValue && other.formatName === this.formatName;
  }
}

/** A prefix of a name may end in a dash: something follows it. */
const asPrefix = (errors: (text: string) => string[]) => (text: string) =>
  errors(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);

function named(format: string, message: string): (text: string) => string[] {
  const isValid = stringFormat("string", format);
  return (text) => (isValid === undefined || isValid(text) ? [] : [message]);
}

function uriErrors(text: string): string[] {
  if (isRequestUri(text)) return [];
  return [`parse ${JSON.stringify(text)}: ${text === "" ? "empty url" : "invalid URI for request"}`];
}

const formats: Readonly<Record<string, FormatValue>> = {
  dns1123Label: new FormatValue("DNS1123Label", 30, dnsLabelErrors),
  dns1123Subdomain: new FormatValue("DNS1123Subdomain", 60, dnsSubdomainErrors),
  dns1035Label: new FormatValue("DNS1035Label", 30, dns1035LabelErrors),
  qualifiedName: new FormatValue("QualifiedName", 60, qualifiedNameErrors),
  dns1123LabelPrefix: new FormatValue("DNS1123LabelPrefix", 30, asPrefix(dnsLabelErrors)),
  dns1123SubdomainPrefix: new FormatValue("DNS1123SubdomainPrefix", 60, asPrefix(dnsSubdomainErrors)),
  dns1035LabelPrefix: new FormatValue("DNS1035LabelPrefix", 30, asPrefix(dns1035LabelErrors)),
  labelValue: new FormatValue("LabelValue", 40, labelValueErrors),
  uri: new FormatValue("URI", 1104, uriErrors),
  uuid: new FormatValue("uuid", 70, named("uuid", "does not match the UUID format")),
  byte: new FormatValue("byte", 84, named("byte", "invalid base64")),
  date: new FormatValue("date", 70, named("date", "invalid date")),
  datetime: new FormatValue("datetime", 70, named("datetime", "invalid datetime")),
};

export const formatFunctions: readonly Overload[] = [
  ...Object.entries(formats).map(([format, value]) => global(`format.${format}`, [], name, () => value)),
  global("format.named", ["string"], `optional<${name}>`, (format: string) =>
    Object.hasOwn(formats, format) ? new Optional(formats[format]) : Optional.none,
  ),
  member("validate", [name, "string"], "optional<list<string>>", (format: FormatValue, text: string) => {
    const errors = format.errors(text);
    return errors.length === 0 ? Optional.none : new Optional(new CelList(errors));
  }),
];
