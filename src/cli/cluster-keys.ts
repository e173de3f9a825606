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
  /** Begins the exchange of the authorities and of the key that signs tokens; servers on the same etcd follow. */
  beginRotation(dataDirectory: string): Promise<void>;
  /** Has the old ones forgotten. */
  finishRotation(dataDirectory: string): Promise<void>;
  /** Adds a key that Secrets are encrypted with from then on, unless an earlier exchange is not done. */
  rotateEncryptionKey(dataDirectory: string): Promise<"added" | "under way">;
  /** Whether Secrets are still being encrypted anew, or an old key is still there. */
  isEncryptionRotating(dataDirectory: string): Promise<boolean>;
  /** The servers that share the cluster, as this one last saw them; none where it is alone. */
  servers(dataDirectory: string): Promise<readonly ServerRow[]>;
  /** Whether all servers that run use the keys that are here. */
  haveAllFollowed(dataDirectory: string): Promise<boolean>;
  /** A server that does not come back is waited for no more. @throws CommandError when it runs */
  forgetServer(dataDirectory: string, name: string): Promise<void>;
}

export interface ServerRow {
  readonly name: string;
  /** Whether it is the one that says so. */
  readonly isThis: boolean;
  readonly isRunning: boolean;
  /** Whether it uses the keys that all are to use; if not, those of `generation`. */
  readonly hasCurrentKeys: boolean;
  readonly generation: number;
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
  readonly phase: "begin" | "prepared" | "switch" | "overlap" | "finishing" | "finish";
  readonly since: string;
}

/** The same, loaded when it is first asked. */
export function lazyKeys(load: () => Promise<ClusterKeys>): ClusterKeys {
  return {
    certificates: async (dataDirectory) => (await load()).certificates(dataDirectory),
    rotation: async (dataDirectory) => (await load()).rotation(dataDirectory),
    renew: async (dataDirectory) => (await load()).renew(dataDirectory),
    beginRotation: async (dataDirectory) => (await load()).beginRotation(dataDirectory),
    finishRotation: async (dataDirectory) => (await load()).finishRotation(dataDirectory),
    rotateEncryptionKey: async (dataDirectory) => (await load()).rotateEncryptionKey(dataDirectory),
    isEncryptionRotating: async (dataDirectory) => (await load()).isEncryptionRotating(dataDirectory),
    servers: async (dataDirectory) => (await load()).servers(dataDirectory),
    haveAllFollowed: async (dataDirectory) => (await load()).haveAllFollowed(dataDirectory),
    forgetServer: async (dataDirectory, name) => (await load()).forgetServer(dataDirectory, name),
  };
}
