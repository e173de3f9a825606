import { isIP } from "node:net";
import { tryParseQuantity } from "../quantity.ts";
import { isCreditCard, isIsbn10, isIsbn13 } from "./check-digits.ts";
import { isDuration } from "./duration-format.ts";
import { isEmail } from "./email-format.ts";
import { isRequestUri } from "./uri-format.ts";

/** Formats of strings that Kubernetes 1.36 checks, by their name without dashes. Others say nothing. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  uri: isRequestUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: (text) => isAddress(text) && text.includes("."),
  ipv6: (text) => isAddress(text) && text.includes(":"),
  cidr: isCidr,
  mac: isMac,
  uuid: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid3: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i),
  uuid4: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  uuid5: matches(/^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: isRgbColor,
  byte: isBase64,
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  quantity: (text) => tryParseQuantity(text) !== undefined,
  k8sshortname: (text) => text.length <= 63 && NAME.test(text),
  k8slongname: (text) => text.length <= 253 && text.split(".").every((segment) => NAME.test(segment)),
};

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * The check that a schema's format asks for.
 *
 * @param type the schema's type; the format of an integer, number or other type is no format of strings
 * @returns undefined when there is nothing to check
 */
export function stringFormat(type: string | undefined, format: string): ((text: string) => boolean) | undefined {
  return isSupportedFormat(type, format) ? FORMATS[normalized(format)] : undefined;
}

/** Whether a format means something with that type; upstream ignores others, and warns who writes them. */
export function isSupportedFormat(type: string | undefined, format: string): boolean {
  switch (type) {
    case undefined:
    case "":
    case "string":
      return Object.hasOwn(FORMATS, normalized(format));
    case "integer":
      return format === "int32" || format === "int64";
    case "number":
      return format === "float" || format === "double";
    default:
      return false;
  }
}

const normalized = (format: string): string => format.replaceAll("-", "");

function matches(expression: RegExp): (text: string) => boolean {
  return (text) => expression.test(text);
}

/** As Go's net.ParseIP: no zones. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes("%");

function isCidr(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (!isAddress(address) || !/^\d{1,3}$/.test(length)) return false;
  return Number(length) <= (isIP(address) === 4 ? 32 : 128);
}

/** 6, 8 or 20 bytes, in pairs with `:` or `-`, or in fours with `.`. */
function isMac(text: string): boolean {
  const separator = /[:.-]/.exec(text)?.[0];
  if (separator === undefined) return false;
  const digits = separator === "." ? 4 : 2;
  const groups = text.split(separator);
  const bytes = (groups.length * digits) / 2;
  return [6, 8, 20].includes(bytes) && groups.every((group) => group.length === digits && /^[0-9a-fA-F]+$/.test(group));
}

/** Labels of letters, digits, symbols and inner dashes; the last of several has at least two characters. */
function isHostname(text: string): boolean {
  if (text.length === 0 || Buffer.byteLength(text) > 255) return false;
  const labels = text.split(".");
  if (labels.some((label) => Buffer.byteLength(label) > 63)) return false;
  const last = labels.pop()!;
  const isLast = labels.length === 0 ? SINGLE_LABEL : LAST_LABEL;
  return isLast.test(last) && labels.every((label) => LABEL.test(label));
}

const LABEL = /^[a-zA-Z0-9\p{S}\p{L}]([-a-zA-Z0-9\p{S}\p{L}]*[a-zA-Z0-9\p{S}\p{L}])?$/u;
const SINGLE_LABEL = /^[a-zA-Z0-9\p{S}\p{L}]-?[a-zA-Z0-9\p{S}\p{L}]*$/u;
const LAST_LABEL = /^[a-zA-Z0-9\p{S}\p{L}](-?[a-zA-Z0-9\p{S}\p{L}])+$/u;

function isRgbColor(text: string): boolean {
  const parts = /^rgb\(([^()]*)\)$/.exec(text)?.[1]?.split(",");
  return parts?.length === 3 && parts.every((part) => isByte(part.trim()));
}

const isByte = (text: string): boolean => /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= 255;

/** Not empty, and padded. */
function isBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

const TIME = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$/;

function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.toLowerCase().split("t");
  const match = TIME.exec(time);
  return isDate(date) && match !== null && match[1]! <= "23" && match[2]! <= "59" && match[3]! <= "59";
}
