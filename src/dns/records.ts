/** DNS records as plain data. Names have no final dot; times to live are seconds. */
export type DnsRecord =
  | {
      readonly type: "A" | "AAAA" | "CNAME" | "PTR" | "NS";
      readonly name: string;
      readonly ttl: number;
      readonly data: string;
    }
  | { readonly type: "TXT"; readonly name: string; readonly ttl: number; readonly data: string }
  | { readonly type: "SRV"; readonly name: string; readonly ttl: number; readonly data: SrvData }
  | { readonly type: "SOA"; readonly name: string; readonly ttl: number; readonly data: SoaData };

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export interface Question {
  readonly name: string;
  /** `A`, `SRV` …; `TYPE65` and the like for those without a name here. */
  readonly type: string;
}

/** What the zone says to a question. */
export type ZoneAnswer =
  /** Not of this zone: ask the resolvers of the host. */
  | { readonly kind: "forward" }
  | { readonly kind: "noSuchName" }
  /** Without answers: the name is there, but has no record of this type. */
  | { readonly kind: "found"; readonly answers: readonly DnsRecord[]; readonly additionals: readonly DnsRecord[] }
  /** The answer goes on at a name outside of the zone. */
  | { readonly kind: "alias"; readonly answers: readonly DnsRecord[]; readonly target: string };
