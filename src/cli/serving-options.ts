import { resolve } from "node:path";
import type {
  CertificateFiles,
  NamedCertificateFiles,
  ServingSettings,
  TrustSettings,
} from "../api/server-settings.ts";
import { oldProtocolCiphers, type TlsProtocol } from "../base/server-tls.ts";
import { CommandError, type CommandOption, grouped, type Invocation } from "./command.ts";
import { text } from "./defaults.ts";
import { file, list, texts } from "./option-values.ts";
import { ALWAYS_SUITES, CIPHER_SUITES, FORGOTTEN_SUITES, HTTP2_SUITES, TLS_VERSIONS } from "./tls-names.ts";

const option = (value: string, description: string): CommandOption => ({ type: "string", value, description });

/** What the server shows and how it speaks TLS; named as kube-apiserver's. */
export const servingOptions = grouped("HTTPS", {
  "tls-cert-file": option("FILE", "certificate for who comes by a name, and what certifies it behind it"),
  "tls-private-key-file": option("FILE", "key of that certificate"),
  "tls-sni-cert-key": {
    ...option("CERT,KEY[:NAME,…]", "another one for these names, *.wildcards and addresses; may be repeated"),
    isRepeatable: true,
  },
  "tls-min-version": option("VERSION", `${Object.keys(TLS_VERSIONS).join(", ")} (default VersionTLS12)`),
  "tls-cipher-suites": option("LIST", "cipher suites up to TLS 1.2, by Go's names (default: those the CIS names)"),
});

/** How the server proves itself to others; named as kube-apiserver's. */
export const outgoingOptions = grouped("Others that the server asks", {
  "proxy-client-cert-file": option(
    "FILE",
    "certificate to show to aggregated API servers (default: the cluster's own)",
  ),
  "proxy-client-key-file": option("FILE", "key of that certificate"),
  "kubelet-certificate-authority": option("FILE", "authorities of kubelets, besides the cluster's own"),
  "kubelet-client-certificate": option("FILE", "certificate to show to kubelets (then the cluster's own)"),
  "kubelet-client-key": option("FILE", "key of that certificate"),
});

/** @throws CommandError on values that cannot be */
export function servingOf(invocation: Invocation): ServingSettings {
  return {
    certificate: pairOf(invocation, "tls-cert-file", "tls-private-key-file"),
    named: (texts(invocation, "tls-sni-cert-key") ?? []).map(namedPair),
    protocol: protocolOf(invocation),
  };
}

/** @throws CommandError where one of a pair is given alone */
export function trustOf(invocation: Invocation): TrustSettings {
  return {
    clientAuthorityFile: file(invocation, "client-ca-file"),
    requestHeaderAuthorityFile: file(invocation, "requestheader-client-ca-file"),
    kubeletAuthorityFile: file(invocation, "kubelet-certificate-authority"),
    kubeletClient: pairOf(invocation, "kubelet-client-certificate", "kubelet-client-key"),
    proxyClient: pairOf(invocation, "proxy-client-cert-file", "proxy-client-key-file"),
  };
}

function pairOf(invocation: Invocation, certificate: string, key: string): CertificateFiles | undefined {
  const [certificateFile, keyFile] = [file(invocation, certificate), file(invocation, key)];
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  if (certificateFile !== undefined && keyFile !== undefined) return { certificateFile, keyFile };
  throw new CommandError(`--${certificate} and --${key} must be given together`, 2);
}

function namedPair(given: string): NamedCertificateFiles {
  const wrong = (why: string): CommandError =>
    new CommandError(`--tls-sni-cert-key is CERT,KEY or CERT,KEY:NAME,NAME, not "${given}": ${why}`, 2);
  const colon = given.indexOf(":");
  const files = colon < 0 ? given : given.slice(0, colon);
  const names = colon < 0 ? [] : given.slice(colon + 1).split(",");
  const [certificateFile = "", keyFile = "", ...more] = files.split(",").map((each) => each.trim());
  if (certificateFile === "" || keyFile === "" || more.length > 0) {
    throw wrong("expected the files of a certificate and its key, with a comma between them");
  }
  const trimmed = names.map((name) => name.trim().toLowerCase());
  if (trimmed.includes("")) throw wrong("a name is empty");
  return { certificateFile: resolve(certificateFile), keyFile: resolve(keyFile), names: trimmed };
}

function protocolOf(invocation: Invocation): Partial<TlsProtocol> {
  const said = text(invocation, "tls-min-version");
  const minVersion = said === undefined ? undefined : TLS_VERSIONS[said];
  if (said !== undefined && minVersion === undefined) {
    throw new CommandError(`--tls-min-version is one of ${Object.keys(TLS_VERSIONS).join(", ")}, not "${said}"`, 2);
  }
  const suites = list(invocation, "tls-cipher-suites");
  const ciphers = suites === undefined || suites.length === 0 ? undefined : ciphersOf(suites);
  const isOld = minVersion === "TLSv1" || minVersion === "TLSv1.1";
  if (ciphers !== undefined && minVersion !== "TLSv1.3" && !suites?.some((suite) => HTTP2_SUITES.includes(suite))) {
    throw new CommandError(
      `--tls-cipher-suites needs ${HTTP2_SUITES.join(" or ")}, without which there is no HTTP/2`,
      2,
    );
  }
  return {
    ...(minVersion !== undefined && { minVersion }),
    ...((ciphers !== undefined || isOld) && { ciphers: isOld ? oldProtocolCiphers(ciphers) : ciphers! }),
  };
}

/** @throws CommandError on a suite that is not there */
function ciphersOf(suites: readonly string[]): string {
  const odd = suites.find((suite) => !Object.hasOwn(CIPHER_SUITES, suite) && !ALWAYS_SUITES.includes(suite));
  if (odd !== undefined) {
    const why = FORGOTTEN_SUITES.includes(odd) ? "is no longer there" : "is not known";
    const known = Object.keys(CIPHER_SUITES).join(", ");
    throw new CommandError(`--tls-cipher-suites: ${odd} ${why}; there are ${known}`, 2);
  }
  return [...ALWAYS_SUITES, ...suites.flatMap((suite) => CIPHER_SUITES[suite] ?? [])].join(":");
}
