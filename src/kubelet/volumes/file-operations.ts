import * as now from "node:fs";
import * as threaded from "node:fs/promises";

/** What writing a volume's content asks of a file system. */
export interface FileOperations {
  mkdir(path: string, options: { recursive: true; mode?: number }): Promise<unknown>;
  mkdtemp(prefix: string): Promise<string>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  writeFile(path: string, content: Buffer, options: { mode: number }): Promise<void>;
  readFile(path: string): Promise<Buffer>;
  lstat(path: string): Promise<{ readonly mode: number }>;
  symlink(target: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { recursive?: boolean; force: boolean }): Promise<void>;
  names(directory: string): Promise<string[]>;
  entries(directory: string): Promise<{ isDirectory(): boolean }[]>;
}

/** By the thread pool: a disk may take its time. */
export const onDisk: FileOperations = {
  ...threaded,
  readFile: (path) => threaded.readFile(path),
  readlink: (path) => threaded.readlink(path),
  names: (directory) => threaded.readdir(directory),
  entries: (directory) => threaded.readdir(directory, { recursive: true, withFileTypes: true }),
};

/** At once: memory keeps nobody waiting, and the way to another thread takes ten times as long as the work. */
export const inMemory: FileOperations = {
  mkdir: async (path, options) => now.mkdirSync(path, options),
  mkdtemp: async (prefix) => now.mkdtempSync(prefix),
  chmod: async (path, mode) => now.chmodSync(path, mode),
  chown: async (path, uid, gid) => now.chownSync(path, uid, gid),
  writeFile: async (path, content, options) => now.writeFileSync(path, content, options),
  readFile: async (path) => now.readFileSync(path),
  lstat: async (path) => now.lstatSync(path),
  symlink: async (target, path) => now.symlinkSync(target, path),
  readlink: async (path) => now.readlinkSync(path),
  rename: async (from, to) => now.renameSync(from, to),
  rm: async (path, options) => now.rmSync(path, options),
  names: async (directory) => now.readdirSync(directory),
  entries: async (directory) => now.readdirSync(directory, { recursive: true, withFileTypes: true }),
};
