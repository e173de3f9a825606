/**
 * bbolt, the file that etcd keeps its data in (go.etcd.io/bbolt, page.go and meta.go): pages of one size, numbers
 * little-endian. The first two pages are metas, of which the valid one with the higher transaction counts; it names the
 * root page of a B+ tree whose leaves hold buckets, which are B+ trees of their own.
 */
export const PAGE_HEADER_BYTES = 16;
export const ELEMENT_BYTES = 16;
export const BRANCH_PAGE = 0x01;
export const LEAF_PAGE = 0x02;
export const META_PAGE = 0x04;
export const FREELIST_PAGE = 0x10;
/** Flag of a leaf's element: its value is a bucket. */
export const BUCKET_ELEMENT = 0x01;
export const BUCKET_HEADER_BYTES = 16;

export const META_MAGIC = 0xed0cdaed;
export const META_VERSION = 2;
/** Of the meta, behind its page's header; its last eight are the checksum of the others. */
export const META_BYTES = 64;
export const META_CHECKSUM_OFFSET = 56;

/** FNV-1a with 64 bits, as bbolt checks its metas with. */
export function metaChecksum(meta: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of meta.subarray(0, META_CHECKSUM_OFFSET)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
