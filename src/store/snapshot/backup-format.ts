/**
 * The file of `wherry backup create`, from the front:
 *
 * - the line `wherry backup 1`, whose number is the version of this format;
 * - a line with the header as JSON;
 * - the records, compressed as one gzip stream. A record is a byte that says what it is (1: object, 2: file), the length of
 *   its name (32 bits) and of its content (32 bits), its revision and the seconds it has left (64-bit floating point; NaN:
 *   none), then name and content. Numbers are big-endian. A file's name is its path in the data directory;
 * - the trailer of 48 bytes: `WHRY-END`, the length of everything before it (64 bits), and its SHA-256.
 *
 * So `head -2` shows what a backup is, a file that was cut short has no trailer, and any flipped bit is found.
 */
export const BACKUP_VERSION = 1;
export const MAGIC = "wherry backup ";
export const TRAILER_MAGIC = "WHRY-END";
export const TRAILER_BYTES = 48;
export const RECORD_HEAD_BYTES = 25;
export const OBJECT_RECORD = 1;
export const FILE_RECORD = 2;
/** Header and first line are shorter than this. */
export const HEAD_BYTES_MAXIMUM = 1024 * 1024;

export interface BackupHeader {
  /** RFC 3339. */
  readonly createdAt: string;
  readonly revision: number;
  readonly objects: number;
  readonly files: number;
  /** What the objects were read from. */
  readonly engine: "embedded" | "etcd";
  /** Tells clusters apart: the beginning of the SHA-256 of their authority's public key. Empty when there was none. */
  readonly cluster: string;
  /** Whether the cluster's authorities, token key and encryption keys are among the files. */
  readonly holdsKeys: boolean;
  /** Names of the keys without which some values cannot be read. */
  readonly encryptionKeys: readonly string[];
}

export interface BackupFile {
  /** Path in the data directory, with `/`. */
  readonly path: string;
  readonly content: Buffer;
}
