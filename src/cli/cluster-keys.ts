/**
 * What `wherry certs` and `wherry secrets` ask of the program. Everything is a wish that is written into the data directory:
 * a running cluster fulfils it within seconds, one that does not run at its next start.
 */
export interface ClusterKeys {
  certificates(dataDirectory: string): Promise<readonly CertificateRow[]>;
  /** The exchange of authorities that is under way. */
  rotation(dataDirectory: string): Promise<RotationState | undefined>;
  /** Has all certificates but the authorities' made anew; answers their names. */
  renew(dataDirectory: string): Promise<readonly string[]>;
  /**
   * Begins the exchange of the authorities and of the key that signs tokens.
   * @throws CommandError where several servers may share the cluster, unless somebody says that this is the only one
   */
  beginRotation(dataDirectory: string, options: ExchangeOptions): Promise<void>;
  /** Has the old ones forgotten. */
  finishRotation(dataDirectory: string): Promise<void>;
  /** Names of the keys that encrypt Secrets, the one that writes first. */
  encryptionKeys(dataDirectory: string): Promise<readonly string[]>;
  /**
   * Adds a key that is written with from then on, unless an earlier exchange is not done.
   * @throws CommandError as beginRotation
   */
  rotateEncryptionKey(dataDirectory: string, options: ExchangeOptions): Promise<"added" | "under way">;
}

export interface ExchangeOptions {
  /** No other server of this cluster runs: there is nobody else who would need the new keys. */
  readonly isOnlyServer: boolean;
}

export interface CertificateRow {
  readonly name: string;
  readonly subject: string;
  readonly authority: string;
  readonly isAuthority: boolean;
  /** RFC 3339. */
  readonly from: string;
  readonly until: string;
  readonly remainingMs: number;
}

export interface RotationState {
  readonly phase: "begin" | "switch" | "overlap" | "finish";
  readonly since: string;
}

/** The same, loaded when it is first asked. */
export function lazyKeys(load: () => Promise<ClusterKeys>): ClusterKeys {
  return {
    certificates: async (dataDirectory) => (await load()).certificates(dataDirectory),
    rotation: async (dataDirectory) => (await load()).rotation(dataDirectory),
    renew: async (dataDirectory) => (await load()).renew(dataDirectory),
    beginRotation: async (dataDirectory, options) => (await load()).beginRotation(dataDirectory, options),
    finishRotation: async (dataDirectory) => (await load()).finishRotation(dataDirectory),
    encryptionKeys: async (dataDirectory) => (await load()).encryptionKeys(dataDirectory),
    rotateEncryptionKey: async (dataDirectory, options) => (await load()).rotateEncryptionKey(dataDirectory, options),
  };
}
