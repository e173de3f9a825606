import type { AnyObject, OwnerReference } from "../../api/meta.ts";
import { parseApiVersion } from "../../api/meta.ts";
import type { Client } from "../../client/client.ts";
import { found } from "../../client/found.ts";
import type { DiscoveredResource } from "../discovery.ts";
import { AbsentOwners } from "./absent-owners.ts";
import type { OwnerGraph } from "./graph.ts";
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER, type OwnerFacts, waitsFor } from "./owner-facts.ts";
import { type OwnerState, planDependent } from "./plan.ts";

export interface CollectorOptions {
  readonly client: Client;
  readonly graph: OwnerGraph;
  /** The resource of a kind, as far as the API server serves it. */
  resourceOf(group: string, kind: string): DiscoveredResource | undefined;
}

/** Does what the graph asks for. Everything is checked against the API server before anything is deleted. */
export class Collector {
  readonly #client: Client;
  readonly #graph: OwnerGraph;
  readonly #resourceOf: CollectorOptions["resourceOf"];
  readonly #absent = new AbsentOwners();

  constructor(options: CollectorOptions) {
    this.#client = options.client;
    this.#graph = options.graph;
    this.#resourceOf = options.resourceOf;
  }

  /** An object has gone: its dependents need not ask for it. */
  noteGone(facts: OwnerFacts): void {
    this.#absent.add(absentId(facts.namespace, facts.uid));
  }

  /** Looks at one object. Answers uids that are to be looked at next. */
  async look(uid: string): Promise<readonly string[]> {
    const item = this.#graph.get(uid);
    if (item === undefined) return [];
    if (item.waitsFor === "orphaning") {
      await this.#orphan(item);
      return [];
    }
    if (item.beingDeleted && item.waitsFor === undefined) return [];
    const live = await this.#live(item);
    if (live === undefined) return [];
    if (item.waitsFor === "deletion") return await this.#finishForeground(item, live);
    return await this.#collect(item, live);
  }

  /** Lets an owner go once no dependent holds it. */
  async #finishForeground(item: OwnerFacts, live: AnyObject): Promise<readonly string[]> {
    const blocking = this.#graph.blockingDependentsOf(item.uid);
    if (blocking.length === 0) {
      await this.#removeFinalizer(item, live, FOREGROUND_FINALIZER);
      return [];
    }
    return blocking.filter((dependent) => dependent.waitsFor !== "deletion").map((dependent) => dependent.uid);
  }

  async #collect(item: OwnerFacts, live: AnyObject): Promise<readonly string[]> {
    const states = await this.#ownerStates(item, live.metadata?.ownerReferences ?? []);
    const dependents = this.#graph.dependentsOf(item.uid);
    const plan = planDependent(live, states, dependents);
    if (plan.action === "keep") return [];
    if (plan.action === "dropReferences") {
      await this.#patchMetadata(item, live, { ownerReferences: plan.owners });
      return [];
    }
    let latest = live;
    if (plan.unblock) {
      const owners = live.metadata?.ownerReferences ?? [];
      const ownerReferences = owners.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
      latest = (await this.#patchMetadata(item, live, { ownerReferences })) ?? live;
    }
    const { uid, resourceVersion } = latest.metadata ?? {};
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    await ignoreNotFound(
      this.#client.delete(item.resource, item, { preconditions, propagationPolicy: plan.propagationPolicy }),
    );
    return [];
  }

  async #ownerStates(item: OwnerFacts, owners: readonly OwnerReference[]): Promise<Map<string, OwnerState>> {
    const states = new Map<string, OwnerState>();
    for (const owner of owners) states.set(owner.uid, await this.#ownerState(item, owner));
    return states;
  }

  /** Owners are looked for in the dependent's own namespace, or outside all namespaces: nowhere else. */
  async #ownerState(item: OwnerFacts, reference: OwnerReference): Promise<OwnerState> {
    const { group } = parseApiVersion(reference.apiVersion);
    const resource = this.#resourceOf(group, reference.kind);
    if (resource === undefined) {
      throw new Error(
        `no resource of kind ${reference.kind} in ${reference.apiVersion} to look for the owner of ${item.name}`,
      );
    }
    // A namespaced owner cannot be told for a dependent outside all namespaces: such a reference never deletes anything.
    if (resource.namespaced && item.namespace === "") return "solid";
    const namespace = resource.namespaced ? item.namespace : "";
    const id = absentId(namespace, reference.uid);
    if (this.#absent.has(id)) return "absent";
    const owner = await found(this.#client.get(resource, { namespace, name: reference.name }));
    if (owner === undefined || owner.metadata?.uid !== reference.uid) {
      this.#absent.add(id);
      return "absent";
    }
    const waiting = owner.metadata.deletionTimestamp !== undefined && waitsFor(owner) === "deletion";
    return waiting ? "waiting" : "solid";
  }

  /** Frees the dependents of their owner, then lets the owner go. */
  async #orphan(owner: OwnerFacts): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(owner.uid)) {
      const live = await this.#live(dependent);
      const references = live?.metadata?.ownerReferences ?? [];
      if (live === undefined || !references.some(({ uid }) => uid === owner.uid)) continue;
      const ownerReferences = references.filter(({ uid }) => uid !== owner.uid);
      await this.#patchMetadata(dependent, live, { ownerReferences });
    }
    const live = await this.#live(owner);
    if (live !== undefined) await this.#removeFinalizer(owner, live, ORPHAN_FINALIZER);
  }

  async #removeFinalizer(item: OwnerFacts, live: AnyObject, finalizer: string): Promise<void> {
    const finalizers = live.metadata?.finalizers ?? [];
    if (!finalizers.includes(finalizer)) return;
    await this.#patchMetadata(item, live, { finalizers: finalizers.filter((each) => each !== finalizer) });
  }

  /** A merge patch fits every kind; the resource version makes sure that nothing else is overwritten. */
  async #patchMetadata(item: OwnerFacts, live: AnyObject, metadata: object): Promise<AnyObject | undefined> {
    const { resourceVersion } = live.metadata ?? {};
    const body = { metadata: { ...metadata, resourceVersion } };
    return await found(this.#client.patch(item.resource, item, { type: "merge", body }));
  }

  /** The object as stored now; undefined when it is gone, or another has its name. */
  async #live(item: OwnerFacts): Promise<AnyObject | undefined> {
    const live = await found(this.#client.get(item.resource, item));
    return live?.metadata?.uid === item.uid ? live : undefined;
  }
}

function absentId(namespace: string, uid: string): string {
  return `${namespace}/${uid}`;
}

async function ignoreNotFound(answer: Promise<void>): Promise<void> {
  await found(answer);
}
