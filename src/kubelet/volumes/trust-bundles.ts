import type { ClusterTrustBundle } from "../../api/generated/certificates.k8s.io/v1beta1.ts";
import type { ClusterTrustBundleProjection } from "../../api/generated/core/v1.ts";
import { clusterTrustBundles } from "../../api/generated/resources.ts";
import { labelSelectorOf } from "../../api/selectors.ts";
import { isNotFound } from "../../api/status.ts";
import { errorMessage } from "../../base/assert.ts";
import type { Client } from "../../client/client.ts";
import { certificatesIn, certificatesPem } from "./pem-certificates.ts";

/** Whom pods may trust, as ClusterTrustBundles say. */
export interface TrustBundles {
  /** The certificates of a projection in PEM. Rejects in upstream's words when there is none and it is not optional. */
  anchors(projection: ClusterTrustBundleProjection): Promise<string>;
}

export function createTrustBundles(client: Client): TrustBundles {
  return new ApiTrustBundles(client);
}

/** A class, because thousands of kubelets of one process have one each. */
class ApiTrustBundles implements TrustBundles {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async anchors(projection: ClusterTrustBundleProjection): Promise<string> {
    const { name, signerName, optional = false } = projection;
    if (name !== undefined) return mergeAnchors(await this.#byName(name, optional));
    if (signerName === undefined) {
      throw new Error("ClusterTrustBundle projection requires either name or signerName to be set");
    }
    const found = await this.#bySigner(projection);
    if (found.length === 0 && !optional) {
      throw new Error("combination of signerName and labelSelector matched zero ClusterTrustBundles");
    }
    return mergeAnchors(found);
  }

  async #byName(name: string, isOptional: boolean): Promise<ClusterTrustBundle[]> {
    try {
      return [await this.#client.get(clusterTrustBundles, { name })];
    } catch (error) {
      if (isOptional && isNotFound(error)) return [];
      throw new Error(`while getting ClusterTrustBundle: ${errorMessage(error)}`);
    }
  }

  async #bySigner({ signerName, labelSelector }: ClusterTrustBundleProjection): Promise<ClusterTrustBundle[]> {
    // No selector selects nothing, an empty one everything.
    if (labelSelector === undefined) return [];
    const { items } = await this.#client.list(clusterTrustBundles, { fieldSelector: `spec.signerName=${signerName}` });
    const matches = labelSelectorOf(labelSelector);
    return items.filter(({ metadata }) => matches(metadata?.labels));
  }
}

/** All certificates of the bundles, each once, always in the same order. */
export function mergeAnchors(bundles: readonly ClusterTrustBundle[]): string {
  const all = new Set(bundles.flatMap(({ spec }) => certificatesIn(spec.trustBundle)));
  return certificatesPem([...all].sort());
}
