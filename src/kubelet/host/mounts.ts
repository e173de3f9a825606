import { readFile } from "node:fs/promises";
import { runCommand } from "../../base/run-command.ts";

/** Calls mount(8), in a directory that relative paths are meant from. Rejects with what it says. */
export async function mount(args: readonly string[], options: { directory?: string } = {}): Promise<void> {
  const { code, stderr } = await runCommand("mount", args, options);
  if (code !== 0) throw new Error(`mount ${args.join(" ")}: ${stderr.trim()}`);
}

/** Where something is mounted, in the kernel's order. */
export async function mountPoints(): Promise<string[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => decodeOctal(line.split(" ")[4] ?? ""));
}

export async function isMounted(path: string): Promise<boolean> {
  return (await mountPoints()).includes(path);
}

/** Unmounts everything at and below a directory, the newest first. */
export async function unmountBelow(directory: string): Promise<void> {
  const below = (await mountPoints()).filter((path) => path === directory || path.startsWith(`${directory}/`));
  for (const path of below.reverse()) await runCommand("umount", ["-l", path]);
}

/** mountinfo writes blanks and backslashes in octal. */
function decodeOctal(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
