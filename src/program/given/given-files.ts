import type {
  CertificateFiles,
  NamedCertificateFiles,
  ServingSettings,
  TrustSettings,
} from "../../api/server-settings.ts";
import { type WatchedFile, watchFiles } from "../../apiserver/configuration/watched-file.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/log.ts";
import { bundleOf, type GivenPair, pairOf } from "./pem.ts";

/** What the files of the flags say now, besides what the cluster has by itself. Bundles are PEM. */
export interface Given {
  readonly clientAuthority?: string | undefined;
  readonly requestHeaderAuthority?: string | undefined;
  readonly kubeletAuthority?: string | undefined;
  readonly serving?: GivenPair | undefined;
  readonly named: readonly NamedPair[];
  readonly proxyClient?: GivenPair | undefined;
  readonly kubeletClient?: GivenPair | undefined;
}

export interface NamedPair extends GivenPair {
  /** What the flag says; that which is in the certificate when there are none. */
  readonly names: readonly string[];
}

/** Authorities and certificates that were given to the server, read again when they change. */
export interface GivenFiles {
  current(): Given;
  onChange(listener: () => void): void;
  /** Looks now, and waits until what is new is in force. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** Reads all of them. @throws ConfigurationFileError which says what is wrong with one; then nothing is watched */
export async function openGivenFiles(
  { serving, trust = {} }: { serving?: ServingSettings | undefined; trust?: TrustSettings | undefined },
  environment: { readonly clock: Clock; readonly log: Logger },
): Promise<GivenFiles> {
  const { clock } = environment;
  const log = environment.log.named("certificates");
  const open: WatchedFile<unknown>[] = [];
  const listeners: (() => void)[] = [];
  const onChange = (): void => {
    for (const listener of listeners) listener();
  };
  const watch = async <T>(what: string, files: readonly string[], load: (texts: readonly string[]) => T) => {
    const watched = await watchFiles({ what, files, load, onChange, clock, log });
    open.push(watched);
    return () => watched.current();
  };
  const bundle = async (what: string, file: string | undefined) =>
    file === undefined ? undefined : await watch(what, [file], ([text = ""]) => bundleOf(text, { what, file }));
  const pair = async <T extends CertificateFiles>(what: readonly [string, string], files: T | undefined) => {
    if (files === undefined) return undefined;
    const certificate = { what: what[0], file: files.certificateFile };
    const key = { what: what[1], file: files.keyFile };
    return await watch(what[0], [certificate.file, key.file], ([first = "", second = ""]) =>
      pairOf({ certificate: first, key: second }, { certificate, key }),
    );
  };
  const named = async (files: NamedCertificateFiles) => {
    const found = await pair(["tls-sni-cert-key", "tls-sni-cert-key"], files);
    return () => ({ ...found!(), names: files.names });
  };
  const stop = async (): Promise<void> => {
    await Promise.all(open.map((each) => each.close()));
  };
  try {
    const clientAuthority = await bundle("client-ca-file", trust.clientAuthorityFile);
    const requestHeaderAuthority = await bundle("requestheader-client-ca-file", trust.requestHeaderAuthorityFile);
    const kubeletAuthority = await bundle("kubelet-certificate-authority", trust.kubeletAuthorityFile);
    const servingPair = await pair(["tls-cert-file", "tls-private-key-file"], serving?.certificate);
    const proxyClient = await pair(["proxy-client-cert-file", "proxy-client-key-file"], trust.proxyClient);
    const kubeletClient = await pair(["kubelet-client-certificate", "kubelet-client-key"], trust.kubeletClient);
    const namedPairs: (() => NamedPair)[] = [];
    for (const each of serving?.named ?? []) namedPairs.push(await named(each));
    const read = (): Given => ({
      clientAuthority: clientAuthority?.(),
      requestHeaderAuthority: requestHeaderAuthority?.(),
      kubeletAuthority: kubeletAuthority?.(),
      serving: servingPair?.(),
      proxyClient: proxyClient?.(),
      kubeletClient: kubeletClient?.(),
      named: namedPairs.map((each) => each()),
    });
    let current = read();
    listeners.push(() => void (current = read()));
    return {
      current: () => current,
      onChange: (listener) => void listeners.push(listener),
      look: async () => void (await Promise.all(open.map((each) => each.check()))),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
