/** Rules for names, with upstream's messages. Each returns what is wrong: an empty list means valid. */

const DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const DNS_1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const CONFIG_MAP_KEY = "[-._a-zA-Z0-9]+";
const C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*";
const HTTP_HEADER = "[-A-Za-z0-9]+";
const PERCENT = "[0-9]+%";

const pattern = (text: string): RegExp => new RegExp(`^(?:${text})$`);
const DNS_LABEL_PATTERN = pattern(DNS_LABEL);
const DNS_SUBDOMAIN_PATTERN = pattern(DNS_SUBDOMAIN);
const DNS_1035_LABEL_PATTERN = pattern(DNS_1035_LABEL);
const QUALIFIED_NAME_PATTERN = pattern(QUALIFIED_NAME);
const LABEL_VALUE_PATTERN = pattern(LABEL_VALUE);
const CONFIG_MAP_KEY_PATTERN = pattern(CONFIG_MAP_KEY);
const C_IDENTIFIER_PATTERN = pattern(C_IDENTIFIER);
const HTTP_HEADER_PATTERN = pattern(HTTP_HEADER);
const PERCENT_PATTERN = pattern(PERCENT);

export const maxLengthMessage = (length: number): string => `must be no more than ${length} characters`;
/** Keys and values of labels are told in bytes, all else in characters, though upstream counts bytes for both. */
const maxBytesMessage = (length: number): string => `must be no more than ${length} bytes`;
const emptyMessage = "must be non-empty";
export const rangeMessage = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

export function regexMessage(text: string, expression: string, examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${text} (e.g. ${shown}regex used for validation is '${expression}')`;
}

const dnsLabelMessage = regexMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  DNS_LABEL,
  ["my-name", "123-abc"],
);
const dnsSubdomainMessage = regexMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  DNS_SUBDOMAIN,
  ["example.com"],
);
const qualifiedNameText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const qualifiedNameExamples = ["MyName", "my.name", "123-abc"];

/** RFC 1123 label, at most 63 characters. */
export function dnsLabelErrors(value: string): string[] {
  const errors = value.length > 63 ? [maxLengthMessage(63)] : [];
  if (!DNS_LABEL_PATTERN.test(value)) {
    errors.push(DNS_SUBDOMAIN_PATTERN.test(value) ? "must not contain dots" : dnsLabelMessage);
  }
  return errors;
}

/** RFC 1123 subdomain, at most 253 characters. */
export const dnsSubdomainErrors = (value: string): string[] => subdomainErrors(value, maxLengthMessage);

function subdomainErrors(value: string, tooLong: (length: number) => string): string[] {
  const errors = value.length > 253 ? [tooLong(253)] : [];
  if (!DNS_SUBDOMAIN_PATTERN.test(value)) errors.push(dnsSubdomainMessage);
  return errors;
}

/** RFC 1035 label, at most 63 characters: names of Services. */
export function dns1035LabelErrors(value: string): string[] {
  const errors = value.length > 63 ? [maxLengthMessage(63)] : [];
  if (!DNS_1035_LABEL_PATTERN.test(value)) {
    errors.push(
      regexMessage(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        DNS_1035_LABEL,
        ["my-name", "abc-123"],
      ),
    );
  }
  return errors;
}

/** `*.` and a subdomain. */
export function wildcardDnsErrors(value: string): string[] {
  const expression = `\\*\\.${DNS_SUBDOMAIN}`;
  const errors = value.length > 253 ? [maxLengthMessage(253)] : [];
  if (!pattern(expression).test(value)) {
    errors.push(
      regexMessage(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        expression,
        ["*.example.com"],
      ),
    );
  }
  return errors;
}

/** Keys of labels, annotations, taints, resources: `name` or `prefix/name`. */
export function qualifiedNameErrors(value: string): string[] {
  if (value.length <= 63 && QUALIFIED_NAME_PATTERN.test(value)) return [];
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `${regexMessage(`a valid label key ${qualifiedNameText}`, QUALIFIED_NAME, qualifiedNameExamples)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const errors: string[] = [];
  const name = parts.at(-1)!;
  if (parts.length === 2) {
    if (parts[0] === "") errors.push(`prefix part ${emptyMessage}`);
    else errors.push(...subdomainErrors(parts[0]!, maxBytesMessage).map((error) => `prefix part ${error}`));
  }
  if (name === "") errors.push(`name part ${emptyMessage}`);
  else if (name.length > 63) errors.push(`name part ${maxBytesMessage(63)}`);
  if (!QUALIFIED_NAME_PATTERN.test(name)) {
    errors.push(`name part ${regexMessage(qualifiedNameText, QUALIFIED_NAME, qualifiedNameExamples)}`);
  }
  return errors;
}

export function labelValueErrors(value: string): string[] {
  const errors = value.length > 63 ? [maxBytesMessage(63)] : [];
  if (!LABEL_VALUE_PATTERN.test(value)) {
    errors.push(
      regexMessage(`a valid label must be an empty string or ${qualifiedNameText.slice(5)}`, LABEL_VALUE, [
        "MyValue",
        "my_value",
        "12345",
      ]),
    );
  }
  return errors;
}

/** Names that become one segment of a path. */
export function pathSegmentErrors(value: string): string[] {
  const errors: string[] = [];
  if (value === "." || value === "..") errors.push(`may not be '${value}'`);
  for (const part of ["/", "%"]) if (value.includes(part)) errors.push(`may not contain '${part}'`);
  // Upstream's store takes any bytes for a key, ours text that SQL can show.
  if (value.includes("\0") || !value.isWellFormed()) errors.push("must be Unicode text without U+0000");
  return errors;
}

/** Keys of ConfigMaps and Secrets. */
export function configMapKeyErrors(value: string): string[] {
  const errors = value.length > 253 ? [maxLengthMessage(253)] : [];
  if (!CONFIG_MAP_KEY_PATTERN.test(value)) {
    errors.push(
      regexMessage("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", CONFIG_MAP_KEY, [
        "key.name",
        "KEY_NAME",
        "key-name",
      ]),
    );
  }
  if (value === ".") errors.push("must not be '.'");
  if (value === "..") errors.push("must not be '..'");
  else if (value.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

/** Names of environment variables, relaxed as since 1.34: printable ASCII without `=`. */
export function environmentNameErrors(value: string): string[] {
  if (value === "") return ["environment variable name must be non-empty"];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

export function cIdentifierErrors(value: string): string[] {
  if (C_IDENTIFIER_PATTERN.test(value)) return [];
  return [
    regexMessage(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      C_IDENTIFIER,
      ["my_name", "MY_NAME", "MyName"],
    ),
  ];
}

export function httpHeaderErrors(value: string): string[] {
  if (HTTP_HEADER_PATTERN.test(value)) return [];
  return [
    regexMessage("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER, ["X-Header-Name"]),
  ];
}

export function percentErrors(value: string): string[] {
  if (PERCENT_PATTERN.test(value)) return [];
  return [
    regexMessage("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, ["1%", "93%"]),
  ];
}

export function portNumberErrors(port: unknown): string[] {
  return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65535 ? [] : [rangeMessage(1, 65535)];
}

/** Names of ports: IANA service names. */
export function portNameErrors(name: string): string[] {
  const errors: string[] = [];
  if (name.length > 15) errors.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(name)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(name)) errors.push("must contain at least one letter (a-z)");
  if (name.includes("--")) errors.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors;
}

/** Group and user ids. */
export function userIdErrors(id: unknown): string[] {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 2147483647
    ? []
    : [rangeMessage(0, 2147483647)];
}

/** `domain/path`, as `acme.io/foo`; what is wrong, and with which part of it. */
export function domainPrefixedPathErrors(text: string): { readonly value: string; readonly message: string }[] {
  const slash = text.indexOf("/");
  const [host, path] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash <= 0 || path === "") {
    return [{ value: text, message: 'must be a domain-prefixed path (such as "acme.io/foo")' }];
  }
  const errors = dnsSubdomainErrors(host).map((message) => ({ value: host, message }));
  const expression = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
  if (!pattern(expression).test(path)) {
    errors.push({ value: path, message: `Invalid path (regex used for validation is '${expression}')` });
  }
  return errors;
}
