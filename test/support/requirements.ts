import { accessSync, constants } from "node:fs";

const PROGRAMS = ["containerd", "runc", "nft", "conntrack", "ip", "docker-registry", "busybox", "nginx", "curl"];
const DIRECTORIES = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/** Why tests with real containers cannot run here, or false when they can: what node:test takes as `skip`. */
export function withoutContainers(): string | false {
  if (process.platform !== "linux") return "real containers need Linux";
  if (process.getuid?.() !== 0) return "real containers need root";
  const missing = PROGRAMS.filter((program) => !DIRECTORIES.some((directory) => isProgram(`${directory}/${program}`)));
  return missing.length > 0 && `not installed: ${missing.join(", ")} (npm run setup -- test)`;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
