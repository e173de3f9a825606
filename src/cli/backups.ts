import type { EtcdAccess } from "./choices.ts";

/** What `wherry backup` and `wherry store` ask of the program. Everything that is wrong is told before anything is changed. */
export interface Backups {
  /** Writes a backup of a cluster that may run meanwhile. */
  create(options: CreateBackup): Promise<BackupRow>;
  /** Backups of a folder, the latest last. With `verify` all of each is read and checked, as a restore does. */
  list(directory: string, options: { readonly verify: boolean }): Promise<readonly BackupRow[]>;
  /** Makes a cluster's data directory, and its objects in it or in etcd. */
  restore(options: RestoreBackup): Promise<Restored>;
  /** Writes an etcd snapshot. Answers how many objects there are, when that was looked at. */
  exportStore(options: StoreMove): Promise<Exported>;
  /** Puts objects of an etcd snapshot, or of a backup, into a store that is empty. */
  importStore(options: ImportStore): Promise<Restored>;
}

export interface StorePlace {
  readonly dataDirectory: string;
  /** The objects are there; in the data directory when absent. */
  readonly etcd?: EtcdAccess | undefined;
}

export interface CreateBackup extends StorePlace {
  /** A file that is not there yet, or a folder. */
  readonly output: string;
  readonly withKeys: boolean;
}

export interface RestoreBackup extends StorePlace {
  readonly file: string;
  /** Folder pki of the cluster, for a backup without keys. */
  readonly pkiDirectory?: string | undefined;
  /** What is in the data directory is moved aside. */
  readonly force: boolean;
}

export interface StoreMove extends StorePlace {
  readonly file: string;
  /** Where in an etcd snapshot the objects are. */
  readonly prefix: string;
}

export interface ImportStore extends StoreMove {
  /** What is in the data directory is moved aside. */
  readonly force: boolean;
  /** An etcd snapshot may have no SHA-256 at its end, as a member's own file has none. */
  readonly skipHashCheck?: boolean | undefined;
}

export interface BackupRow {
  readonly file: string;
  readonly bytes: number;
  /** Absent when the file cannot be used. */
  readonly createdAt?: string;
  readonly revision?: number;
  readonly objects?: number;
  readonly engine?: string;
  readonly cluster?: string;
  readonly holdsKeys?: boolean;
  /** Encryption keys that some of its objects need and that are not in it. */
  readonly missingKeys?: readonly string[];
  /** All of it was read and checked. */
  readonly verified?: true;
  /** Says that the store had lost acknowledged writes when it was made. */
  readonly lost?: string | undefined;
  /** What is wrong with it. */
  readonly problem?: string;
}

export interface Exported {
  readonly objects: number | undefined;
  /** Says that the store has lost acknowledged writes. */
  readonly lost?: string | undefined;
}

export interface Restored {
  readonly objects: number;
  /** The store goes on after this revision; absent in etcd, which has its own. */
  readonly revision?: number;
  /** Where what was there before is now. */
  readonly movedTo?: string;
  /** Encryption keys that some objects need and that are not there. */
  readonly missingKeys: readonly string[];
}

/** The same, loaded when it is first asked. */
export function lazyBackups(load: () => Promise<Backups>): Backups {
  return {
    create: async (options) => (await load()).create(options),
    list: async (directory, options) => (await load()).list(directory, options),
    restore: async (options) => (await load()).restore(options),
    exportStore: async (options) => (await load()).exportStore(options),
    importStore: async (options) => (await load()).importStore(options),
  };
}
