import { children, contents } from "../../base/der.ts";

/** 2.5.4.10, organizationName, as it stands inside an OBJECT IDENTIFIER. */
const ORGANIZATION_NAME = "55040a";
const BMP_STRING = 0x1e;

/**
 * The organizations that a PEM certificate request asks for.
 * @throws Error when the text is no certificate request
 */
export function requestedOrganizations(pem: string): string[] {
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END/.exec(pem)?.[1];
  if (body === undefined) throw new Error("PEM block type must be CERTIFICATE REQUEST");
  // CertificationRequest: { CertificationRequestInfo: { version, subject, … }, … }; a Name is a list of sets of pairs.
  const [information] = children(Buffer.from(body, "base64"));
  const [, subject] = information === undefined ? [] : children(information);
  if (subject === undefined) throw new Error("the request has no subject");
  return children(subject)
    .flatMap(children)
    .flatMap((pair) => {
      const [type, value] = children(pair);
      if (type === undefined || value === undefined) throw new Error("the request's subject is malformed");
      return contents(type).toString("hex") === ORGANIZATION_NAME ? [textOf(value)] : [];
    });
}

function textOf(value: Buffer): string {
  const bytes = contents(value);
  return value[0] === BMP_STRING ? Buffer.from(bytes).swap16().toString("utf16le") : bytes.toString();
}
