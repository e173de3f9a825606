import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { errorMessage } from "../../base/assert.ts";

/** How to reach the members of an etcd cluster. */
export interface EtcdAddress {
  /** URLs, `https://host:2379` or `http://…`; members of one cluster. */
  readonly servers: readonly string[];
  /** PEM files, as kube-apiserver's --etcd-cafile, --etcd-certfile and --etcd-keyfile. */
  readonly authorityFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** Where gRPC connects to, and by which keys. */
export interface EndpointTarget {
  readonly url: string;
  /** `host:port`. */
  readonly target: string;
  /** What is in the files now, since they are renewed; undefined without TLS. @throws EtcdAddressError */
  tls(): EndpointTls | undefined;
}

export interface EndpointTls {
  readonly authority: Buffer | null;
  readonly certificate: Buffer | null;
  readonly key: Buffer | null;
}

/** False when files were renewed between these two readings. */
export function isSameTls(one: EndpointTls, other: EndpointTls): boolean {
  const isSame = (part: keyof EndpointTls): boolean =>
    one[part] === null || other[part] === null ? one[part] === other[part] : one[part].equals(other[part]);
  return isSame("authority") && isSame("certificate") && isSame("key");
}

/** A wrong flag or file, told before anything is connected. */
export class EtcdAddressError extends Error {
  override name = "EtcdAddressError";
}

const DEFAULT_PORT = 2379;

/** @throws EtcdAddressError that says which server or file is wrong */
export function endpointTargets(address: EtcdAddress): readonly EndpointTarget[] {
  if (address.servers.length === 0) throw new EtcdAddressError("no etcd server is named");
  readTls(address);
  const targets = address.servers.map((server) => targetOf(server, address));
  const isSecure = targets[0]!.isSecure;
  if (targets.some((target) => target.isSecure !== isSecure)) {
    throw new EtcdAddressError(`etcd servers are all https or all http, not both: ${address.servers.join(",")}`);
  }
  if (!isSecure && (address.authorityFile ?? address.certificateFile ?? address.keyFile) !== undefined) {
    throw new EtcdAddressError("certificates are given, but the etcd servers are http: name them with https://");
  }
  return targets;
}

function targetOf(server: string, address: EtcdAddress): EndpointTarget & { readonly isSecure: boolean } {
  const text = server.trim();
  const url = URL.canParse(text) && text.includes("://") ? new URL(text) : undefined;
  const isRoot = url !== undefined && (url.pathname === "" || url.pathname === "/") && url.search === "";
  if (url === undefined || !isRoot || url.hostname === "" || !["http:", "https:"].includes(url.protocol)) {
    throw new EtcdAddressError(`"${server}" is not the URL of an etcd server, such as https://10.0.0.1:2379`);
  }
  const port = url.port !== "" ? url.port : String(DEFAULT_PORT);
  const isSecure = url.protocol === "https:";
  const tls = (): EndpointTls | undefined => (isSecure ? readTls(address) : undefined);
  return { url: text, target: `${url.hostname}:${port}`, tls, isSecure };
}

function readTls(address: EtcdAddress): EndpointTls {
  const { authorityFile, certificateFile, keyFile } = address;
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    throw new EtcdAddressError("a client certificate for etcd needs both --etcd-certfile and --etcd-keyfile");
  }
  const certificate = readPem(certificateFile, "CERTIFICATE");
  const key = readPem(keyFile, "PRIVATE KEY");
  if (certificate !== null && key !== null && !belongTogether(certificate, key)) {
    throw new EtcdAddressError(`the key in ${keyFile} is not the one of the certificate in ${certificateFile}`);
  }
  return { authority: readPem(authorityFile, "CERTIFICATE"), certificate, key };
}

function belongTogether(certificate: Buffer, key: Buffer): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new EtcdAddressError(`the client certificate for etcd and its key cannot be read: ${errorMessage(error)}`);
  }
}

function readPem(file: string | undefined, what: string): Buffer | null {
  if (file === undefined) return null;
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new EtcdAddressError(`the file ${file} for etcd cannot be read: ${errorMessage(error)}`);
  }
  if (!bytes.includes("-----BEGIN ") || !bytes.includes(`${what}-----`)) {
    throw new EtcdAddressError(`${file} holds no ${what} in PEM form`);
  }
  return bytes;
}
