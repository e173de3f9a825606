/** Files of a volume by their path in it, with `/` between parts. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface PayloadFile {
  readonly content: Buffer;
  readonly mode: number;
  /** Owner; root when absent. */
  readonly uid?: number;
}

export type HostPathType =
  | ""
  | "DirectoryOrCreate"
  | "Directory"
  | "FileOrCreate"
  | "File"
  | "Socket"
  | "CharDevice"
  | "BlockDevice";

/** What the kubelet does with files of this machine for pods. The simulated node does nothing of it. */
export interface VolumeFiles {
  /** Nothing that is written can be read: volumes need not follow what they show. */
  readonly keepsNothing?: boolean;
  makeDirectory(path: string, options: { mode: number; gid?: number }): Promise<void>;
  /**
   * Replaces the directory's content as a whole, and only if it differs: readers never see half of it.
   *
   * @param options.inMemory the directory lies in memory (a tmpfs), where nothing has to be waited for
   */
  writePayload(directory: string, payload: Payload, options: { gid?: number; inMemory?: boolean }): Promise<void>;
  /** Writes the file in its place: whoever has it mounted sees it. */
  writeFile(path: string, content: string, options: { mode: number; inMemory?: boolean }): Promise<void>;
  /** Text of a file, or undefined when it is not there; at most `maximumBytes` from its end. */
  readTail(path: string, maximumBytes: number): Promise<string | undefined>;
  /** Mounts a tmpfs; a second call for the same path does nothing. */
  mountMemory(path: string, options: { sizeBytes?: number; mode: number; gid?: number }): Promise<void>;
  /** Checks, or makes, what a hostPath volume of that type wants. */
  prepareHostPath(path: string, type: HostPathType): Promise<void>;
  /** Pins a path inside a volume for one container: symbolic links in it cannot lead out of the volume. */
  bindSubPath(volumePath: string, subPath: string, target: string): Promise<string>;
  /** Unmounts all below a directory and removes it. Idempotent. */
  remove(directory: string): Promise<void>;
  /** Names in a directory; empty when it is not there. */
  list(directory: string): Promise<string[]>;
}
