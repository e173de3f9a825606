/**
 * What requests are about, whichever object they name. Requests that are about the same have the same one, so that what is found
 * out about it can be kept with it.
 */
export interface RequestTarget {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  /** `group/version/resource`, by which tables know a resource. */
  readonly resourceKey: string;
}

/** A server has some hundreds; anybody may ask for others. */
const REMEMBERED = 2000;
/** Looked through one after the other. */
const OF_RESOURCE = 100;
/** By resource: what is left to compare are short texts, and a key of all of them would have to be made. */
const targets = new Map<string, RequestTarget[]>();
let remembered = 0;

/** A verb and what of a resource it is for. */
export function requestTarget(of: Omit<RequestTarget, "resourceKey">): RequestTarget {
  const { verb, group, version, resource, subresource } = of;
  let ofResource = targets.get(resource);
  if (ofResource !== undefined) {
    for (let index = 0; index < ofResource.length; index++) {
      const known = ofResource[index]!;
      if (known.verb !== verb || known.subresource !== subresource) continue;
      if (known.group === group && known.version === version) return known;
    }
  }
  if (remembered >= REMEMBERED || (ofResource !== undefined && ofResource.length >= OF_RESOURCE)) {
    targets.clear();
    remembered = 0;
    ofResource = undefined;
  }
  const made = { verb, group, version, resource, subresource, resourceKey: `${group}/${version}/${resource}` };
  if (ofResource === undefined) targets.set(resource, [made]);
  else ofResource.push(made);
  remembered++;
  return made;
}
