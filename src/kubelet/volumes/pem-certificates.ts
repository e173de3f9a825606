const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, as DER in base64 without line breaks; what else is in it is left out. */
export function certificatesIn(pem: string): string[] {
  return [...pem.matchAll(CERTIFICATE)].map(([, base64 = ""]) => base64.replace(/\s/g, ""));
}

/** The certificates as PEM, one after another. */
export function certificatesPem(certificates: readonly string[]): string {
  return certificates
    .map((base64) => {
      const lines = base64.match(/.{1,64}/g) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
    })
    .join("");
}
