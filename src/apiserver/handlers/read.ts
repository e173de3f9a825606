import type { ApiObject } from "../../api/meta.ts";
import { badRequest, expired, notFound } from "../../api/status.ts";
import { nextTurn } from "../../base/turn.ts";
import { CompactedError, FutureRevisionError } from "../../store/store.ts";
import type { CacheEntry } from "../cache/entry.ts";
import { chosen, type Selection } from "../cache/selection.ts";
import type { Exchange, ListAnswer, ObjectAnswer } from "../exchange.ts";
import { exactObjectOf } from "../registry/codec.ts";
import type { ServedResource } from "../registry/resource.ts";
import { isTrue } from "../request-info.ts";
import { type ContinueToken, decodeContinue, encodeContinue, invalidToken } from "./continue-token.ts";
import { checkListOptions, limitOf } from "./options.ts";
import { selectionOf } from "./selection.ts";
import { tooLarge } from "./too-large.ts";

const VERY_MANY = 20_000;

/** GET of one object, as of now. */
export function getHandler(resource: ServedResource, exchange: Exchange): ObjectAnswer | Promise<ObjectAnswer> {
  const { namespace, name } = exchange.info;
  const atLeast = exchange.query.size === 0 ? 0 : askedRevision(exchange.query);
  if (exchange.query.size > 0) refuseExport(exchange.query);
  const entry = resource.storage.entry(namespace, name);
  return entry instanceof Promise
    ? entry.then((found) => storedAnswer(resource, { name, atLeast, found }))
    : storedAnswer(resource, { name, atLeast, found: entry });
}

/** @throws StatusError BadRequest */
function refuseExport(query: URLSearchParams): void {
  if (isTrue(query.get("export")))
    throw badRequest("the export parameter, deprecated since v1.14, is no longer supported");
}

function storedAnswer(
  resource: ServedResource,
  { name, atLeast, found }: { name: string; atLeast: number; found: CacheEntry | undefined },
): ObjectAnswer {
  const { revision } = resource.storage.cache;
  if (atLeast > revision) throw tooLarge(atLeast, revision);
  if (found === undefined) throw notFound(resource.schema, name);
  return new StoredAnswer(resource, found);
}

/** A stored object: parsed for who looks into it, which nobody does whose bytes go out as they are. */
class StoredAnswer implements ObjectAnswer {
  readonly kind = "object";
  readonly code = 200;
  readonly resource: ServedResource;
  readonly bytes: Buffer;

  constructor(resource: ServedResource, { bytes }: CacheEntry) {
    this.resource = resource;
    this.bytes = bytes;
  }

  get object(): ApiObject {
    return exactObjectOf(this.bytes);
  }
}

/** LIST: the present from the cache, the pages of a limited list at one revision. */
export async function listHandler(resource: ServedResource, exchange: Exchange): Promise<ListAnswer> {
  const { query, info } = exchange;
  const selection = selectionOf(resource, {
    namespace: info.namespace,
    labelSelector: query.get("labelSelector"),
    fieldSelector: query.get("fieldSelector"),
  });
  const token = query.get("continue") ?? "";
  const asked = limitOf(query);
  // As upstream: a list of whatever the cache has is given whole.
  const limit = token === "" && query.get("resourceVersion") === "0" ? 0 : asked;
  const { exact, from } = startOf(query, { token, limit, prefix: selection.prefix });
  let current: number;
  try {
    current = await resource.storage.cache.freshFor(selection);
  } catch (error) {
    // What cannot be converted in one namespace keeps nobody from the others.
    if (selection.prefix === resource.storage.prefix) throw error;
    const now = await resource.storage.revisionDespite(error);
    const revision = from !== undefined && from.revision > 0 ? from.revision : (exact ?? now);
    return listPast(resource, { selection, revision, limit, ...(from && { startKey: from.startKey }) });
  }
  if (from !== undefined) {
    const { revision, startKey } = from;
    if (revision > current) throw invalidToken("the revision lies in the future");
    if (revision > 0) return listPast(resource, { selection, revision, startKey, limit });
    return listPresent(resource, { selection, startKey, limit });
  }
  if (exact !== undefined && exact !== current) return listPast(resource, { selection, revision: exact, limit });
  const atLeast = askedRevision(query);
  if (atLeast > current) throw tooLarge(atLeast, current);
  return listPresent(resource, { selection, limit });
}

interface Page {
  readonly selection: Selection;
  readonly revision: number;
  readonly startKey?: string;
  readonly limit: number;
}

async function listPresent(resource: ServedResource, page: Omit<Page, "revision">): Promise<ListAnswer> {
  const { selection, limit } = page;
  const cache = resource.storage.cache;
  const startKey = page.startKey ?? selection.prefix;
  const isExact = limit > 0 && selection.matches === undefined;
  // One more than is wanted tells whether there are more. The candidates and their revision belong together.
  const candidates = cache.candidates(selection, { startKey, ...(isExact && { limit: limit + 1 }) });
  const revision = cache.revision;
  // To find very many takes milliseconds: what becomes of them begins in another turn.
  if (candidates.length >= VERY_MANY) await nextTurn();
  const entries = await chosen(candidates, selection, limit);
  // As upstream: what comes after the last one that is wanted may not be, and is not looked at for this page.
  const isAll = limit === 0 || entries.length < limit || entries.at(-1) === candidates.at(-1);
  if (isAll) return { kind: "list", resource, revision, entries };
  const nextKey = `${entries.at(-1)!.key}\0`;
  const remaining = selection.matches === undefined ? cache.count(selection.prefix, nextKey) : undefined;
  const continueToken = encodeContinue({ revision, startKey: nextKey }, selection.prefix);
  return { kind: "list", resource, revision, entries, continueToken, remaining };
}

async function listPast(resource: ServedResource, page: Page): Promise<ListAnswer> {
  const { selection, limit, revision } = page;
  const found: CacheEntry[] = [];
  let startKey = page.startKey ?? selection.prefix;
  try {
    for (;;) {
      const chunk = {
        prefix: selection.prefix,
        revision,
        startKey,
        ...(limit > 0 ? { limit: limit - found.length } : {}),
      };
      const { entries, result } = await resource.storage.cache.listAt(chunk);
      for (const entry of entries) if (selection.matches?.(entry) !== false) found.push(entry);
      if (entries.length > 0) startKey = `${entries.at(-1)!.key}\0`;
      if (result.remaining === 0) return { kind: "list", resource, revision, entries: found };
      if (limit > 0 && found.length >= limit) {
        const continueToken = encodeContinue({ revision, startKey }, selection.prefix);
        const remaining = selection.matches === undefined ? result.remaining : undefined;
        return { kind: "list", resource, revision, entries: found, continueToken, remaining };
      }
    }
  } catch (error) {
    if (error instanceof CompactedError) throw listExpired(page, startKey);
    if (error instanceof FutureRevisionError) throw tooLarge(revision, resource.storage.cache.revision);
    throw error;
  }
}

/** 410 with a token that goes on from the same key in the present, as upstream's inconsistent continue. */
function listExpired(page: Page, startKey: string): Error {
  if (page.startKey === undefined) return expired(`The resourceVersion for the provided list is too old.`);
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata.continue = encodeContinue({ revision: -1, startKey }, page.selection.prefix);
  return error;
}

/** The revision that alone will do, and where a continued list goes on. @throws StatusError Invalid, BadRequest */
function startOf(
  query: URLSearchParams,
  { token, limit, prefix }: { token: string; limit: number; prefix: string },
): { exact?: number | undefined; from?: ContinueToken } {
  checkListOptions(query, false);
  if (token === "") {
    const revision = askedRevision(query);
    const match = query.get("resourceVersionMatch") ?? "";
    // As upstream: pages begin at the very revision that is asked for, unless an older one is as good in so many words.
    const isExact = match === "Exact" || (match === "" && limit > 0 && revision > 0);
    return { exact: isExact ? revision : undefined };
  }
  const from = decodeContinue(token, prefix);
  if (!["", "0"].includes(query.get("resourceVersion") ?? ""))
    throw badRequest("specifying resource version is not allowed when using continue");
  return { from };
}

/** resourceVersion of the query, 0 without one. @throws StatusError BadRequest */
function askedRevision(query: URLSearchParams): number {
  const version = query.get("resourceVersion") ?? "";
  if (version === "") return 0;
  if (!/^\d{1,20}$/.test(version)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(version.slice(0, 64))}: must be an unsigned integer that a list has told`,
    );
  }
  return Number(version);
}
