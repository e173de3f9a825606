import type { Pki } from "../bootstrap/pki/ensure-pki.ts";
import type { KeptPki } from "../bootstrap/pki/keep-pki.ts";

/** The cluster's authority as controllers need it: what pods are to trust, and what requests are signed with. */
export interface AuthoritySource {
  current(): ClusterAuthority;
  /** Answers how to listen no more. */
  onChange(listener: () => void): () => void;
}

export interface ClusterAuthority {
  /** PEM of what verifies the API server; several while authorities are exchanged. */
  readonly trusted: string;
  /** PEM of the certificate that signs, and of its key where it is known. */
  readonly certificate: string;
  readonly key?: string | undefined;
}

export function authoritySource(keys: KeptPki): AuthoritySource {
  const authorityOf = ({ authority, trusted }: Pki): ClusterAuthority => ({ ...authority, trusted: trusted.cluster });
  return {
    current: () => authorityOf(keys.current()),
    onChange: (listener) => keys.onChange(() => listener()),
  };
}
