import type { ApiObject } from "../../api/meta.ts";
import { internalError } from "../../api/status.ts";
import type { Clock } from "../../base/clock.ts";
import { flatText } from "../../base/flat-text.ts";
import type { Random } from "../../base/random.ts";
import type { Auditor, Stored } from "../audit/auditor.ts";
import type { AuditStage } from "../audit/event.ts";
import {
  type AuditRecord,
  answeredObject,
  askedFacts,
  auditEvent,
  isPanic,
  objectReference,
  type StageFacts,
  sentObject,
  statusOfAnswer,
  statusOfError,
  wasBodyRead,
} from "../audit/record.ts";
import type { Answer, Answering, Exchange, Filter, Handler } from "../exchange.ts";
import { isLongRunning } from "../long-running.ts";
import { whenOver } from "../when-over.ts";

export interface AuditFilterOptions {
  readonly auditor: Auditor;
  readonly clock: Clock;
  readonly random: Random;
}

/** Writes down who did what and how it ended, as much of it as the policy says. */
export function auditFilter(options: AuditFilterOptions): Filter {
  const { auditor, clock, random } = options;
  return (exchange, next) => {
    const decision = auditor.decide(exchange.user, exchange.info);
    if (exchange.remoteAddress === undefined && decision.level === "None") return next(exchange);
    const id = auditId(exchange, random);
    // In process nobody reads headers.
    if (exchange.remoteAddress !== undefined) {
      exchange.answerHeaders ??= {};
      exchange.answerHeaders["audit-id"] = id;
    }
    if (decision.level === "None") return next(exchange);
    const annotations: Record<string, string> = { ...exchange.auditAnnotations };
    exchange.auditAnnotations = annotations;
    const record: AuditRecord = { id, decision, user: exchange.user, receivedMs: clock.now(), annotations };
    return audited(exchange, next, { record, options });
  };
}

interface Auditing {
  readonly record: AuditRecord;
  readonly options: AuditFilterOptions;
}

function audited(exchange: Exchange, next: Handler, auditing: Auditing): Answering {
  const received = emit(auditing, exchange, "RequestReceived", { objectRef: objectReference(exchange) });
  if (received === undefined) return handedOn(exchange, next, auditing);
  return received.then((isStored) => {
    if (!isStored) throw internalError("failed to store audit event");
    return handedOn(exchange, next, auditing);
  });
}

/** Where nobody has to wait for anything, neither does this. */
function handedOn(exchange: Exchange, next: Handler, auditing: Auditing): Answering {
  let answering: Answering;
  try {
    answering = next(exchange);
  } catch (error) {
    return failed(exchange, error, auditing);
  }
  if (!(answering instanceof Promise)) return answered(exchange, answering, auditing);
  return answering.then(
    (answer) => answered(exchange, answer, auditing),
    (error: unknown) => failed(exchange, error, auditing),
  );
}

async function failed(exchange: Exchange, error: unknown, auditing: Auditing): Promise<never> {
  const requestObject = await requestOf(exchange, auditing);
  await emit(auditing, exchange, isPanic(error) ? "Panic" : "ResponseComplete", {
    status: statusOfError(error),
    requestObject,
    objectRef: objectReference(exchange),
  });
  throw error;
}

function answered(exchange: Exchange, answer: Answer, auditing: Auditing): Answering {
  const asked = requestOf(exchange, auditing);
  if (asked === undefined) return told(exchange, answer, { auditing });
  return asked.then((requestObject) => told(exchange, answer, { auditing, requestObject }));
}

function told(
  exchange: Exchange,
  answer: Answer,
  { auditing, requestObject }: { auditing: Auditing; requestObject?: unknown },
): Answering {
  const { decision } = auditing.record;
  const facts: StageFacts = {
    status: statusOfAnswer(answer),
    requestObject,
    responseObject: decision.level === "RequestResponse" ? answeredObject(answer, decision) : undefined,
    objectRef: objectReference(exchange, changedBy(exchange, answer)),
  };
  const goesOn = answer.kind === "watch" || answer.kind === "stream" || answer.kind === "taken";
  const isOver = !goesOn || !isLongRunning(exchange.info);
  const stored = emit(auditing, exchange, isOver ? "ResponseComplete" : "ResponseStarted", facts);
  const last = (): Answer => {
    if (!isOver) whenOver(exchange, completion(auditing, exchange, facts));
    return answer;
  };
  return stored === undefined ? last() : stored.then(last);
}

/** What is read is named by the request, and is not parsed for this. */
function changedBy({ info }: Exchange, answer: Answer): ApiObject | undefined {
  return answer.kind === "object" && info.verb !== "get" ? answer.object : undefined;
}

/** Tells of the end of what goes on. Until then what the event says is kept, and not the request. */
function completion({ record, options }: Auditing, exchange: Exchange, facts: StageFacts): () => void {
  const { auditor, clock } = options;
  if (record.decision.omitStages.has("ResponseComplete")) return () => {};
  const asked = askedFacts(record, exchange);
  const kept = { ...asked, requestURI: flatText(asked.requestURI) };
  return () =>
    void auditor.emit(auditEvent(record, kept, { stage: "ResponseComplete", timeMs: clock.now(), ...facts }));
}

function requestOf(exchange: Exchange, { record }: Auditing): Promise<unknown> | undefined {
  const { decision } = record;
  return decision.level === "Metadata" || !wasBodyRead(exchange) ? undefined : sentObject(exchange, decision);
}

function emit({ record, options }: Auditing, exchange: Exchange, stage: AuditStage, facts: StageFacts): Stored {
  if (record.decision.omitStages.has(stage)) return undefined;
  return options.auditor.emit(
    auditEvent(record, askedFacts(record, exchange), { stage, timeMs: options.clock.now(), ...facts }),
  );
}

/** A request that failed to say who it is from: upstream writes down its ResponseStarted alone. */
export function auditRefusedCredentials(exchange: Exchange, options: AuditFilterOptions): void {
  const { auditor, clock, random } = options;
  const decision = auditor.decide(undefined, exchange.info);
  if (decision.level === "None") return;
  const annotations = { ...exchange.auditAnnotations };
  const record = { id: auditId(exchange, random), decision, user: undefined, receivedMs: clock.now(), annotations };
  const ways = attempted(exchange);
  const tried = ways.length === 0 ? "no credentials provided" : `attempted: ${ways.join(", ")}`;
  const message = `Authentication failed, ${tried}`;
  const status = { metadata: {}, status: "Failure" as const, message, reason: "Unauthorized", code: 401 };
  void emit({ record, options }, exchange, "ResponseStarted", { status, objectRef: objectReference(exchange) });
}

function attempted({ credentials }: Exchange): string[] {
  const scheme = (credentials.headers.authorization ?? "").toLowerCase().split(" ", 1)[0] ?? "";
  return [
    ...(scheme === "bearer" || scheme === "basic" ? [scheme] : []),
    ...(credentials.certificate === undefined ? [] : ["x509"]),
  ];
}

/** The client's Audit-ID, when it is one, so that requests can be followed over several servers. */
function auditId({ headers }: Exchange, random: Random): string {
  const given = headers["audit-id"];
  const text = Array.isArray(given) ? given[0] : given;
  return text !== undefined && /^[\x21-\x7e]{1,64}$/.test(text) ? text : random.uuid();
}
