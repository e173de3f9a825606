/** A header as a table keeps it. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** RFC 7541, appendix A. */
export const STATIC_FIELDS: readonly HeaderField[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  ...["200", "204", "206", "304", "400", "404", "500"].map((code) => [":status", code] as const),
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ...[
    ...["accept-language", "accept-ranges", "accept", "access-control-allow-origin", "age", "allow", "authorization"],
    ...["cache-control", "content-disposition", "content-encoding", "content-language", "content-length"],
    ...["content-location", "content-range", "content-type", "cookie", "date", "etag", "expect", "expires", "from"],
    ...["host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified"],
    ...["link", "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range", "referer"],
    ...["refresh", "retry-after", "server", "set-cookie", "strict-transport-security", "transfer-encoding"],
    ...["user-agent", "vary", "via", "www-authenticate"],
  ].map((name) => [name, ""] as const),
].map(([name, value]) => ({ name: name!, value: value! }));

/** What each side of a connection keeps unless settings say otherwise. */
export const TABLE_BYTES = 4096;
const FIELD_BYTES = 32;

/** How large a header counts, in tables and in lists. */
export function sizeOf({ name, value }: HeaderField): number {
  return name.length + value.length + FIELD_BYTES;
}

/** The headers that both sides remember, the latest first, as much as fits. */
export class HeaderTable {
  /** The oldest first. */
  readonly #fields: HeaderField[] = [];
  #bytes = 0;
  #limit: number;
  #dropped = 0;

  constructor(limit = TABLE_BYTES) {
    this.#limit = limit;
  }

  /** By index, from 0 for the latest. */
  at(index: number): HeaderField | undefined {
    return this.#fields[this.#fields.length - 1 - index];
  }

  /** Answers a number that `indexOf` knows the field by. */
  add(field: HeaderField): number {
    this.#fields.push(field);
    this.#bytes += sizeOf(field);
    this.#shrink();
    return this.#dropped + this.#fields.length - 1;
  }

  /** Where a field that was added stands now; undefined when it was dropped. */
  indexOf(number: number): number | undefined {
    return number < this.#dropped ? undefined : this.#dropped + this.#fields.length - 1 - number;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#shrink();
  }

  #shrink(): void {
    while (this.#bytes > this.#limit) {
      this.#bytes -= sizeOf(this.#fields.shift()!);
      this.#dropped++;
    }
  }
}
