import type { ApiObject } from "../../api/meta.ts";
import { StatusError } from "../../api/status.ts";
import { formatMicroTime } from "../../base/clock.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import type { UserInfo } from "../authn/authenticator.ts";
import type { Answer, Exchange, ListAnswer } from "../exchange.ts";
import { decodeBody } from "../handlers/decode.ts";
import { readPatch } from "../handlers/patch.ts";
import { listHead } from "../list-head.ts";
import { objectOf } from "../registry/codec.ts";
import type { AuditDecision } from "./decide.ts";
import type { AuditEvent, AuditObjectReference, AuditStage, AuditStatus, AuditUser } from "./event.ts";

/** One audited request, from its arrival on. */
export interface AuditRecord {
  readonly id: string;
  readonly decision: AuditDecision;
  /** Who asked, before he became somebody else. */
  readonly user: UserInfo | undefined;
  readonly receivedMs: number;
  readonly annotations: Record<string, string>;
}

/** What a stage adds to what is known from the beginning. */
export interface StageFacts {
  readonly status?: AuditStatus | undefined;
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly objectRef?: AuditObjectReference | undefined;
}

/** What events say of a request itself: with this they need the request no more. */
export interface AskedFacts {
  readonly requestURI: string;
  readonly verb: string;
  readonly impersonated: UserInfo | undefined;
  readonly constraint: string | undefined;
  readonly addresses: readonly string[];
  readonly agent: string | undefined;
}

export function askedFacts({ user }: AuditRecord, exchange: Exchange): AskedFacts {
  const { path, query } = exchange;
  return {
    requestURI: query.size === 0 ? path : `${path}?${query}`,
    verb: exchange.info.verb,
    impersonated: exchange.user !== user ? exchange.user : undefined,
    constraint: exchange.impersonationConstraint,
    addresses: sourceAddresses(exchange),
    agent: exchange.headers["user-agent"],
  };
}

export function auditEvent(
  record: AuditRecord,
  asked: AskedFacts,
  stage: { readonly stage: AuditStage; readonly timeMs: number } & StageFacts,
): AuditEvent {
  const { user, annotations } = record;
  const { impersonated, constraint, agent, addresses } = asked;
  // What is not there is undefined rather than left out: an object of one shape costs a tenth of one with parts.
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: record.decision.level,
    auditID: record.id,
    stage: stage.stage,
    requestURI: asked.requestURI,
    verb: asked.verb,
    user: user === undefined ? NOBODY : auditUser(user),
    impersonatedUser: impersonated === undefined ? undefined : auditUser(impersonated),
    authenticationMetadata: constraint === undefined ? undefined : { impersonationConstraint: constraint },
    sourceIPs: addresses.length === 0 ? undefined : addresses,
    // A client may send anything here: as much of it as tells who it is.
    userAgent: agent === undefined || agent === "" ? undefined : agent.slice(0, 1024),
    objectRef: stage.objectRef,
    responseStatus: stage.status,
    requestObject: stage.requestObject,
    responseObject: stage.responseObject,
    requestReceivedTimestamp: formatMicroTime(record.receivedMs),
    stageTimestamp: formatMicroTime(stage.timeMs),
    annotations: isEmpty(annotations) ? undefined : { ...annotations },
  };
}

function isEmpty(annotations: Readonly<Record<string, string>>): boolean {
  for (const _name in annotations) return false;
  return true;
}

const NOBODY: AuditUser = {};

const auditUsers = new WeakMap<UserInfo, AuditUser>();

/** Users stay the same objects from request to request, so that this does as well. */
function auditUser(user: UserInfo): AuditUser {
  let found = auditUsers.get(user);
  if (found === undefined) {
    const { name, uid, groups, extra } = user;
    found = {
      ...(name === "" ? {} : { username: name }),
      ...(uid === undefined || uid === "" ? {} : { uid }),
      ...(groups.length === 0 ? {} : { groups }),
      ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
    };
    auditUsers.set(user, found);
  }
  return found;
}

/** As upstream's SourceIPs: what proxies say, then the peer. */
function sourceAddresses({ headers, remoteAddress }: Exchange): string[] {
  const forwarded = headers["x-forwarded-for"];
  const real = headers["x-real-ip"];
  if (forwarded === undefined && real === undefined) return remoteAddress ? [plainAddress(remoteAddress)] : [];
  const said = [forwarded ?? [], real ?? []].flat().flatMap((text) => text.split(","));
  const all = [...said, remoteAddress ?? ""].map((each) => plainAddress(each.trim())).filter((each) => each !== "");
  return [...new Set(all)].slice(0, 16);
}

const plainAddress = (address: string): string => (address.startsWith("::ffff:") ? address.slice(7) : address);

/** What the request is about; names and uids that only the stored object has come from the answer, except of a read. */
export function objectReference({ info }: Exchange, answered?: ApiObject): AuditObjectReference | undefined {
  if (!info.isResourceRequest) return undefined;
  const meta = answered?.kind === "Status" ? undefined : answered?.metadata;
  const name = info.name || (info.verb === "create" ? meta?.name : undefined);
  return {
    resource: info.resource,
    namespace: info.namespace || undefined,
    name: name || undefined,
    uid: meta?.uid,
    apiGroup: info.group || undefined,
    apiVersion: info.version,
    subresource: info.subresource || undefined,
  };
}

export function statusOfAnswer(answer: Answer): AuditStatus {
  if (answer.kind === "object" && answer.resource === undefined && answer.object.kind === "Status") {
    return { ...statusFields(answer.object), code: answer.code };
  }
  const code = "code" in answer ? answer.code : answer.kind === "taken" ? 101 : 200;
  return outcome(code);
}

const outcomes = new Map<number, AuditStatus>();
const CODES_MAX = 1000;

/** One for all: it is kept with each watch that goes on, and its text with it. */
function outcome(code: number): AuditStatus {
  let found = outcomes.get(code);
  if (found === undefined) {
    found = { metadata: {}, code };
    // Servers behind this one may answer anything.
    if (outcomes.size < CODES_MAX) outcomes.set(code, found);
  }
  return found;
}

/** What the client is told of an error. */
export function statusOfError(error: unknown): AuditStatus {
  if (error instanceof StatusError) return statusFields(error.status as ApiObject);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreUnavailableError) {
    return { metadata: {}, status: "Failure", message, reason: "ServiceUnavailable", code: 503 };
  }
  return {
    metadata: {},
    status: "Failure",
    message: `APIServer panic'd: ${message}`,
    reason: "InternalError",
    code: 500,
  };
}

/** An error that is nobody's answer: a defect, or the store's failure. */
export function isPanic(error: unknown): boolean {
  return !(error instanceof StatusError || error instanceof StoreUnavailableError);
}

function statusFields(status: ApiObject): AuditStatus {
  const { kind: _kind, apiVersion: _apiVersion, ...fields } = status;
  return fields as unknown as AuditStatus;
}

/** Without a body that somebody has read nothing was sent. */
export function wasBodyRead({ body }: Exchange): boolean {
  return body.value !== undefined || body.wasRead?.() === true;
}

/** What the client sent, where it was read: an object, a patch, or delete options. */
export async function sentObject(exchange: Exchange, decision: AuditDecision): Promise<unknown> {
  const { info } = exchange;
  try {
    const value = info.verb === "patch" ? (await readPatch(exchange)).value : await decoded(exchange);
    return decision.omitManagedFields ? withoutManagedFields(value) : value;
  } catch {
    return undefined;
  }
}

async function decoded({ body }: Exchange): Promise<unknown> {
  if (body.value === undefined && (await body.read()).length === 0) return undefined;
  return (await decodeBody(body)).value;
}

export function answeredObject(answer: Answer, decision: AuditDecision): unknown {
  const object = answer.kind === "object" ? answer.object : answer.kind === "list" ? listOf(answer) : undefined;
  return decision.omitManagedFields ? withoutManagedFields(object) : object;
}

function listOf(answer: ListAnswer): unknown {
  return { ...listHead(answer), items: answer.entries.map((entry) => objectOf(entry.bytes)) };
}

function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { metadata, items } = value as { metadata?: Record<string, unknown>; items?: unknown };
  if (Array.isArray(items)) return { ...value, items: items.map(withoutManagedFields) };
  if (metadata?.managedFields === undefined) return value;
  const { managedFields: _managedFields, ...rest } = metadata;
  return { ...value, metadata: rest };
}
