import type { X509Certificate } from "node:crypto";

/** A certificate with the names that were given for it. */
export interface Named {
  readonly leaf: X509Certificate;
  readonly names: readonly string[];
}

/** Certificates that were given beside the cluster's own; all names in lower case. */
export interface Certificates<T extends Named> {
  /** That of the cluster itself. */
  readonly own: T;
  /** Names by which the cluster's own clients come, which know its authority alone. */
  readonly ownNames: readonly string[];
  /** For who comes by a name for which there is none. */
  readonly general?: T | undefined;
  /** For names; the first one counts where two have the same. */
  readonly named: readonly T[];
}

/** Which certificate a connection is shown. */
export interface Choice<T> {
  /** By the name that the client asks for. */
  byName(name: string): T;
  /** For who asks for none, by the address of this machine to which it came. */
  byAddress(address: string): T;
}

/**
 * Upstream's order: a name that was given, over one in a certificate; the whole name over a wildcard; else the first certificate
 * that is good for the name, else the general one. The cluster's own one goes to its own names, and to who comes by an address:
 * pods do, and everybody whose kubeconfig the cluster has written.
 */
export function chooseCertificate<T extends Named>({ own, ownNames, general, named }: Certificates<T>): Choice<T> {
  const byName = new Map<string, T>();
  // The first one is set last, and what was said after what was found.
  const [said, found] = [
    named.filter(({ names }) => names.length > 0),
    named.filter(({ names }) => names.length === 0),
  ];
  for (const each of found.toReversed()) for (const name of namesIn(each.leaf)) byName.set(name, each);
  for (const name of ownNames) byName.set(name, own);
  for (const each of said.toReversed()) for (const name of each.names) byName.set(name, each);
  const candidates = [...(general === undefined ? [] : [general]), own, ...named];
  return {
    byName(asked) {
      const name = asked.toLowerCase().replace(/\.$/, "");
      const chosen = byName.get(name) ?? byName.get(name.replace(/^[^.]*/, "*"));
      return (
        chosen ??
        candidates.find(({ leaf }) => leaf.checkHost(name, { subject: "never" }) !== undefined) ??
        candidates[0]!
      );
    },
    byAddress: (address) => byName.get(address) ?? own,
  };
}

/** Those by which a certificate is found when no other are given: no addresses, which nobody asks for. */
export function namesIn(leaf: X509Certificate): string[] {
  const common = commonNameOf(leaf).toLowerCase();
  const others = [...(leaf.subjectAltName ?? "").matchAll(/(?:^|, )DNS:([^,]+)/g)].map(([, name]) =>
    name!.toLowerCase(),
  );
  return [...(DOMAIN.test(common) && !ADDRESS.test(common) ? [common] : []), ...others];
}

export function commonNameOf(certificate: X509Certificate): string {
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? "";
}

const DOMAIN = /^(?:\*|(?:\*\.)?[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)$/;
const ADDRESS = /^[\d.]+$/;
