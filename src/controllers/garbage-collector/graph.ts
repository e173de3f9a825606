import { type OwnerReference, parseApiVersion } from "../../api/meta.ts";
import { factsOf, type KeptFacts, type OwnerFacts } from "./owner-facts.ts";

/** What a change of the graph makes worth looking at. */
export interface GraphEffect {
  /** Uids of objects to look at. */
  readonly look: readonly string[];
  /** References that name an object which the dependent cannot have as its owner: another kind, name or namespace. */
  readonly invalid: readonly OwnerReference[];
}

const NOTHING: GraphEffect = { look: [], invalid: [] };

/**
 * Who owns whom, by uid. Dependents are filed under their owners' uids whether or not the owner is known: it may come
 * later, or be gone, which only the API server can tell.
 */
export class OwnerGraph {
  readonly #objects = new Map<string, KeptFacts>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): OwnerFacts | undefined {
    const kept = this.#objects.get(uid);
    return kept && factsOf(kept);
  }

  dependentsOf(uid: string): OwnerFacts[] {
    const found: OwnerFacts[] = [];
    for (const dependent of this.#dependents.get(uid) ?? []) {
      const facts = this.get(dependent);
      if (facts !== undefined) found.push(facts);
    }
    return found;
  }

  /** Dependents that must be gone before the owner may go. */
  blockingDependentsOf(uid: string): OwnerFacts[] {
    return this.dependentsOf(uid).filter((dependent) =>
      dependent.owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
  }

  /** Files an object that is new or has changed. */
  set(kept: KeptFacts): GraphEffect {
    const known = this.#objects.get(kept.uid ?? "");
    // Most changes of a pod are of its status, and leave its metadata as it was.
    if (known === kept) return NOTHING;
    const before = known && factsOf(known);
    const after = factsOf(kept);
    this.#objects.set(after.uid, kept);
    const isFree = after.owners.length === 0 && (before === undefined || before.owners.length === 0);
    if (isFree && after.waitsFor === before?.waitsFor) return NOTHING;
    // Nearly all changes leave an object with its owners, who may have ten thousand dependents.
    if (!haveSameUids(before?.owners ?? [], after.owners)) {
      for (const owner of before?.owners ?? []) this.#unfile(owner.uid, after.uid);
      for (const owner of after.owners) this.#file(owner.uid, after.uid);
    }
    const look = new Set<string>();
    const invalid = after.owners.filter((owner) => this.#isNewAndInvalid(owner, after, before));
    if (invalid.length > 0 || after.owners.some((owner) => this.#isNewAndGoing(owner, before))) look.add(after.uid);
    for (const owner of before?.owners ?? []) if (this.#releases(owner, after)) look.add(owner.uid);
    if (after.waitsFor !== undefined && after.waitsFor !== before?.waitsFor) {
      look.add(after.uid);
      if (after.waitsFor === "deletion") for (const { uid } of this.dependentsOf(after.uid)) look.add(uid);
    }
    return { look: [...look], invalid };
  }

  /** Takes an object that is gone out. */
  remove(uid: string): GraphEffect {
    const gone = this.get(uid);
    this.#objects.delete(uid);
    const look = this.dependentsOf(uid).map((dependent) => dependent.uid);
    for (const owner of gone?.owners ?? []) {
      this.#unfile(owner.uid, uid);
      if (this.get(owner.uid)?.waitsFor === "deletion") look.push(owner.uid);
    }
    return { look, invalid: [] };
  }

  /** All objects, as they are when they come. */
  *each(): Generator<OwnerFacts, void, undefined> {
    for (const kept of this.#objects.values()) yield factsOf(kept);
  }

  /** Whether an object is worth a look when the graph is complete for the first time. */
  isSuspicious(facts: OwnerFacts): boolean {
    if (facts.waitsFor !== undefined) return true;
    return facts.owners.some((owner) => {
      const known = this.get(owner.uid);
      return known === undefined || known.waitsFor === "deletion" || !refersTo(owner, facts, known);
    });
  }

  /** The owner is unknown, or waits for its dependents to go, and the reference to it was not there before. */
  #isNewAndGoing(owner: OwnerReference, before: OwnerFacts | undefined): boolean {
    if (before?.owners.some((each) => each.uid === owner.uid)) return false;
    const known = this.get(owner.uid);
    return known === undefined || known.waitsFor === "deletion";
  }

  #isNewAndInvalid(owner: OwnerReference, dependent: OwnerFacts, before: OwnerFacts | undefined): boolean {
    if (before?.owners.some((each) => each.uid === owner.uid)) return false;
    const known = this.get(owner.uid);
    return known !== undefined && !refersTo(owner, dependent, known);
  }

  /** The object no longer keeps this owner, who waits for that, from going. */
  #releases(owner: OwnerReference, after: OwnerFacts): boolean {
    if (this.get(owner.uid)?.waitsFor !== "deletion" || owner.blockOwnerDeletion !== true) return false;
    return !after.owners.some((each) => each.uid === owner.uid && each.blockOwnerDeletion === true);
  }

  #file(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    if (dependents === undefined) this.#dependents.set(owner, new Set([dependent]));
    else dependents.add(dependent);
  }

  #unfile(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }
}

function haveSameUids(one: readonly OwnerReference[], other: readonly OwnerReference[]): boolean {
  return one === other || (one.length === other.length && one.every(({ uid }, index) => uid === other[index]!.uid));
}

/** True when the reference means that very object: group, kind, name, and a namespace that the dependent may refer to. */
function refersTo(reference: OwnerReference, dependent: OwnerFacts, owner: OwnerFacts): boolean {
  return (
    parseApiVersion(reference.apiVersion).group === owner.resource.group &&
    reference.kind === owner.resource.kind &&
    reference.name === owner.name &&
    (owner.namespace === "" || owner.namespace === dependent.namespace)
  );
}
