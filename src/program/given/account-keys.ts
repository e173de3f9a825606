import { readFile } from "node:fs/promises";
import type { ServiceAccountSettings } from "../../api/server-settings.ts";
import { ConfigurationFileError } from "../../apiserver/configuration/parse-file.ts";
import type { ServiceAccountKeys } from "../../apiserver/security.ts";
import { errorMessage } from "../../base/assert.ts";
import { signingKey, verificationKey } from "../../base/json-web-token.ts";
import type { Pki } from "../../bootstrap/pki/ensure-pki.ts";

/** Keys of service account tokens that were given besides the cluster's own; PEM. As upstream they are read once. */
export interface GivenAccountKeys {
  readonly signing?: string | undefined;
  readonly verifying: readonly string[];
}

/** @throws ConfigurationFileError when a file cannot be read, or has no key that can be used */
export async function readAccountKeys(settings: ServiceAccountSettings = {}): Promise<GivenAccountKeys> {
  const { signingKeyFile: file, keyFiles = [] } = settings;
  const [what, signingWhat] = ["service-account-key-file", "service-account-signing-key-file"];
  const verifying: string[] = [];
  for (const each of keyFiles) {
    const keys = pemBlocks(await textOf(each, what));
    if (keys.length === 0) throw new ConfigurationFileError(`${what}: ${each} has no key in PEM`);
    for (const key of keys) usable(() => verificationKey(key), { what, file: each });
    verifying.push(...keys);
  }
  const signing = file === undefined ? undefined : await textOf(file, signingWhat);
  if (signing !== undefined && !signing.includes("PRIVATE KEY-----")) {
    throw new ConfigurationFileError(`${signingWhat}: ${file} has no private key in PEM`);
  }
  if (signing !== undefined) usable(() => signingKey(signing), { what: signingWhat, file: file! });
  return { signing, verifying };
}

/** What signs and verifies: the cluster's own key verifies in any case, for its controllers sign with it, too. */
export function accountKeys(own: Pki["serviceAccount"], given: GivenAccountKeys): ServiceAccountKeys {
  const { signing, verifying } = given;
  const old = [...own.oldPublicKeys, ...verifying];
  if (signing === undefined) return { ...own, oldPublicKeys: old };
  return { privateKey: signing, publicKey: signing, oldPublicKeys: [own.publicKey, ...old] };
}

async function textOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigurationFileError(`${what}: cannot read ${file}: ${errorMessage(error)}`, { cause: error });
  }
}

function usable(read: () => unknown, { what, file }: { what: string; file: string }): void {
  try {
    read();
  } catch (error) {
    throw new ConfigurationFileError(`${what}: ${file} cannot be used: ${errorMessage(error)}`);
  }
}

function pemBlocks(text: string): string[] {
  return text.match(/-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g) ?? [];
}
