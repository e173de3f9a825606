import type { Random } from "../../base/random.ts";
import { aesCbcTransformer } from "./aes-cbc-transformer.ts";
import { aesGcmTransformer } from "./aes-gcm-transformer.ts";
import { type EncryptionConfiguration, groupResourceOf, type ProviderConfiguration } from "./configuration.ts";
import { identityTransformer } from "./identity.ts";
import type { KmsProvider } from "./kms/provider.ts";
import { secretboxTransformer } from "./secretbox-transformer.ts";
import type { ValueTransformer } from "./transformer.ts";

/** By `group/resource`, with `*` for all: what writes (the first) and what reads. */
export type TransformersByResource = ReadonlyMap<string, readonly ValueTransformer[]>;

export interface BuiltProviders {
  readonly transformers: TransformersByResource;
  readonly kms: readonly KmsProvider[];
}

/**
 * The transformers of a checked configuration.
 * @throws Error when an entry hides a later one, or a key service is not there
 */
export async function buildProviders(
  config: EncryptionConfiguration,
  using: { readonly random: Random; startKms(config: NonNullable<ProviderConfiguration["kms"]>): Promise<KmsProvider> },
): Promise<BuiltProviders> {
  const transformers = new Map<string, ValueTransformer[]>();
  const kms: KmsProvider[] = [];
  try {
    for (const entry of config.resources) {
      const built: ValueTransformer[] = [];
      for (const provider of entry.providers) {
        if (provider.kms !== undefined) {
          const started = await using.startKms(provider.kms);
          kms.push(started);
          built.push(started.transformer);
        } else built.push(...keyTransformers(provider, using.random));
      }
      for (const name of entry.resources) add(transformers, name, built);
    }
  } catch (error) {
    for (const provider of kms) provider.stop();
    throw error;
  }
  return { transformers, kms };
}

function add(to: Map<string, ValueTransformer[]>, name: string, built: readonly ValueTransformer[]): void {
  const { group, resource } = groupResourceOf(name);
  for (const earlier of [`${group}/*`, "*/*"]) {
    if (to.has(earlier)) throw new Error(`resource "${name}" is masked by earlier rule "${ruleText(earlier)}"`);
  }
  const key = `${group}/${resource}`;
  to.set(key, [...(to.get(key) ?? []), ...built]);
}

function ruleText(key: string): string {
  const [group, resource] = key.split("/");
  return `${resource}.${group}`;
}

function keyTransformers(provider: ProviderConfiguration, random: Random): ValueTransformer[] {
  if (provider.aesgcm !== undefined) return provider.aesgcm.keys.map((key) => aesGcmTransformer(key, random));
  if (provider.aescbc !== undefined) return provider.aescbc.keys.map((key) => aesCbcTransformer(key, random));
  if (provider.secretbox !== undefined) return provider.secretbox.keys.map((key) => secretboxTransformer(key, random));
  return [identityTransformer];
}
