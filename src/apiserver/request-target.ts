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
const targets = new Map<string, RequestTarget>();

/** A verb and what of a resource it is for. */
export function requestTarget(of: Omit<RequestTarget, "resourceKey">): RequestTarget {
  const { verb, group, version, resource, subresource } = of;
  const key = `${verb} ${group}/${version}/${resource}/${subresource}`;
  let found = targets.get(key);
  if (found === undefined || !isSame(found, of)) {
    found = { verb, group, version, resource, subresource, resourceKey: `${group}/${version}/${resource}` };
    if (targets.size >= REMEMBERED) targets.clear();
    targets.set(key, found);
  }
  return found;
}

/** Of two that have one key: a decoded part of a path may have slashes in it. */
function isSame(known: RequestTarget, { verb, group, version, resource }: Omit<RequestTarget, "resourceKey">): boolean {
  return (
    known.verb.length === verb.length &&
    known.group.length === group.length &&
    known.version.length === version.length &&
    known.resource.length === resource.length
  );
}
