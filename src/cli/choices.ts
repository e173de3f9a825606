import type { FeaturesOff } from "../api/feature-gates.ts";
import type {
  AuditLogSettings,
  AuditWebhookSettings,
  AuthenticationSettings,
  AuthorizationSettings,
  EncryptionSettings,
  FlowControlSettings,
  ServingSettings,
  TrustSettings,
} from "../api/server-settings.ts";
import type { MetricsRestrictions } from "../base/metrics.ts";

/** What the flags of an API server say, alone or in the whole program. */
export interface ServerChoices {
  /** Objects are there, shared with other servers; in the data directory when absent. */
  readonly etcd?: EtcdAccess | undefined;
  /** Keys that this server shares with the cluster's others are copied from there. */
  readonly pkiDirectory?: string | undefined;
  /** Addresses, ports and the domain of the cluster. */
  readonly ranges?: RangeChoice | undefined;
  /** What connections are shown; the cluster's own certificate when absent. */
  readonly serving?: ServingSettings | undefined;
  /** Whom the server believes besides the cluster's own, and what it shows to others. */
  readonly trust?: TrustSettings | undefined;
  /** What is encrypted on disk; Secrets, with a key of the cluster, when absent. */
  readonly encryption?: EncryptionSettings | undefined;
  /** Who comes in, and who decides what they may do. */
  readonly authentication?: AuthenticationSettings | undefined;
  readonly authorization?: AuthorizationSettings | undefined;
  /** What is written down of requests; into a file of the data directory when absent. */
  readonly audit?: AuditChoice | undefined;
  /** How many requests run at once; as many as upstream's defaults say when absent. */
  readonly flowControl?: FlowControlSettings | undefined;
  /** Longest time for a request that is not long-running; 60 s when absent. */
  readonly requestTimeoutMs?: number | undefined;
  /** A watch that says nothing of it ends after this time at the earliest, and twice as much at the latest; half an hour when absent. */
  readonly watchSecondsMin?: number | undefined;
  /** The header Strict-Transport-Security of all answers; none when absent. */
  readonly transportSecurity?: string | undefined;
  /** Regular expressions for the origins of pages that may read answers; none when absent. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Which part of the requests over HTTP/2 asks its client to connect anew; none when absent. */
  readonly goAwayChance?: number | undefined;
  /** Which admission plugins run; upstream's defaults when absent. */
  readonly admission?: AdmissionChoice | undefined;
  /** Features that are on by default, and are off. */
  readonly featuresOff?: FeaturesOff | undefined;
  /** Which metrics are told, and with which labels; all when absent. */
  readonly metrics?: MetricsRestrictions | undefined;
  /** All flags by name as they were given, or by their defaults: what the server tells of itself. */
  readonly flags?: Readonly<Record<string, string>> | undefined;
}

/** What a cluster keeps from its first start on. What is absent stays as it is, or gets its default at the first start. */
export interface RangeChoice {
  /** Addresses of Services, and of all pods, in their canonical form: `10.96.0.0/16`. */
  readonly serviceCidr?: string | undefined;
  readonly clusterCidr?: string | undefined;
  /** Prefix length of each node's part of the pods' addresses. */
  readonly nodeCidrMaskSize?: number | undefined;
  /** Ports of nodes for Services: `30000-32767`. */
  readonly serviceNodePortRange?: string | undefined;
  readonly clusterDomain?: string | undefined;
}

/** An etcd cluster that several API servers share. */
export interface EtcdAccess {
  readonly servers: readonly string[];
  /** What stands before all keys, `/registry` as everywhere. */
  readonly prefix: string;
  readonly authorityFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** What the --audit-* flags say. */
export interface AuditChoice {
  readonly policyFile?: string;
  /** In the data directory when absent. */
  readonly logPath?: string;
  readonly log: Omit<AuditLogSettings, "path">;
  readonly webhook?: AuditWebhookSettings | undefined;
}

/** What the flags of admission say. */
export interface AdmissionChoice {
  readonly enabled: readonly string[];
  readonly disabled: readonly string[];
  readonly configurationFile?: string;
}
