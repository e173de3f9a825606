import { createHash } from "node:crypto";
import { createServer } from "node:net";

/** A block of addresses that no other Wherry of this machine uses meanwhile. */
export interface Claim {
  release(): Promise<void>;
}

/**
 * Takes a block of pods' addresses for this process, before any bridge shows that it is taken: two clusters may start at the
 * same moment. The claim is an abstract socket of the machine's network namespace, so it ends with the process at the latest
 * and leaves nothing. Undefined when another process has the block.
 */
export async function claimBlock(cidr: string): Promise<Claim | undefined> {
  if (process.platform !== "linux") return { release: async () => {} };
  const name = createHash("sha256").update(cidr).digest("hex").slice(0, 16);
  const server = createServer((socket) => socket.destroy());
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    server.listen({ path: `\0wherry-pods-${name}` }, () => resolve(true));
  });
  if (!isOurs) return undefined;
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}
