import type { RunCommand } from "../base/run-command.ts";
import { changeText, replaceText } from "./nft-text.ts";
import type { Ruleset } from "./ruleset.ts";

/** The kernel's table and what we know to be in it. */
export interface Table {
  /** Brings the kernel to this ruleset in one transaction. Rejects with what nft said; then nothing has changed. */
  apply(ruleset: Ruleset): Promise<"unchanged" | "changed" | "replaced">;
  /** False when somebody else removed the table (a firewall that was reloaded); the next apply then writes all of it. */
  verify(): Promise<boolean>;
  /** Deletes the table. Idempotent. */
  remove(): Promise<void>;
}

/** nft refused a transaction, or is not there. */
class NftError extends Error {
  override name = "NftError";
}

/**
 * One nftables table. The desired state is kept here and never read back (reading takes longer than writing all of it);
 * after any failure the next apply replaces the whole table, still in one transaction.
 */
export function openTable(name: string, run: RunCommand): Table {
  let applied: Ruleset | undefined;

  async function transact(text: string): Promise<void> {
    const result = await run("nft", ["-f", "-"], { input: text });
    if (result.code === 0) return;
    applied = undefined;
    throw new NftError(explain(result.code, result.stderr));
  }

  return {
    async apply(ruleset) {
      if (applied !== undefined) {
        const text = changeText(name, applied, ruleset);
        if (text === "") return "unchanged";
        await transact(text);
        applied = ruleset;
        return "changed";
      }
      await transact(replaceText(name, ruleset));
      applied = ruleset;
      return "replaced";
    },
    async verify() {
      const result = await run("nft", ["list", "chain", "ip", name, "prerouting"]);
      if (result.code === 0) return true;
      applied = undefined;
      return false;
    },
    async remove() {
      await transact(`add table ip ${name}\ndelete table ip ${name}\n`);
      applied = undefined;
    },
  };
}

function explain(code: number, stderr: string): string {
  if (code === 127) return "cannot run nft: install the package nftables and make sure that nft is on PATH";
  const text = stderr.trim().slice(0, 2000);
  if (/operation not permitted/i.test(text)) return `nft may not change the packet filter: root is needed (${text})`;
  return `nft refused the rules (exit code ${code}): ${text}`;
}
