/** Keys as the rest of the program names them, and as they are in etcd: the same but for what stands before them. */
export interface KeySpace {
  /** The key in etcd. */
  toEtcd(key: string): Buffer;
  /** The key of a key in etcd; undefined when it is not in this space. */
  fromEtcd(key: Buffer): string | undefined;
}

/** All keys of etcd, unchanged. */
export const wholeKeySpace: KeySpace = {
  toEtcd: (key) => Buffer.from(key),
  fromEtcd: (key) => key.toString(),
};

/** Keys that start with `inner` here and with `outer` in etcd (kube-apiserver --etcd-prefix). */
export function mountedKeySpace(inner: string, outer: string): KeySpace {
  if (inner === outer) return wholeKeySpace;
  return {
    toEtcd: (key) => Buffer.from(key.startsWith(inner) ? outer + key.slice(inner.length) : key),
    fromEtcd(key) {
      const text = key.toString();
      return text.startsWith(outer) ? inner + text.slice(outer.length) : undefined;
    },
  };
}

const ZERO = Buffer.from([0]);

/** From which key on, and up to which key (exclusive; one zero byte: without end). */
export interface KeyRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

/** All keys that start with these bytes. */
export function prefixRange(prefix: Buffer): KeyRange {
  if (prefix.length === 0) return { key: ZERO, range_end: ZERO };
  return { key: prefix, range_end: endOfPrefix(prefix) };
}

export const EVERYTHING: KeyRange = prefixRange(Buffer.alloc(0));

function endOfPrefix(prefix: Buffer): Buffer {
  for (let length = prefix.length; length > 0; length--) {
    const last = prefix[length - 1]!;
    if (last === 0xff) continue;
    const end = Buffer.from(prefix.subarray(0, length));
    end[length - 1] = last + 1;
    return end;
  }
  return ZERO;
}

/** True when the range, as made by prefixRange, holds the key. */
export function isBelow(prefix: Buffer, key: Buffer): boolean {
  return key.length >= prefix.length && key.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
