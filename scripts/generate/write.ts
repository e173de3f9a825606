import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Replaces what is in the folder by the files given (relative name to text), leaving files alone whose text is the same. */
export function writeFiles(directory: string, files: ReadonlyMap<string, string>, previous: readonly string[]): void {
  for (const name of previous) if (!files.has(name)) rmSync(join(directory, name), { force: true });
  for (const [name, text] of files) {
    const path = join(directory, name);
    if (read(path) === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    // A rename keeps a program that runs meanwhile from reading half a file.
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  }
}

/** The file's text, or undefined when there is no such file. */
export function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
