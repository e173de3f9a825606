import type { IncomingHttpHeaders } from "node:http";
import { shownInGo } from "../../api/go-text.ts";
import { badRequest, StatusError } from "../../api/status.ts";
import type { AuthorizationAttributes, Authorizer } from "../authz/authorizer.ts";
import type { UserInfo } from "./authenticator.ts";
import { type Impersonated, impersonationModes, legacyMode, type Wish } from "./impersonation-modes.ts";
import { unescaped } from "./request-header.ts";

const USER = "impersonate-user";
const GROUP = "impersonate-group";
const UID = "impersonate-uid";
const EXTRA_PREFIX = "impersonate-extra-";
const PREFIX = "impersonate-";

/** Whether somebody wants to act as somebody else at all. */
export function wantsImpersonation(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (name.startsWith(PREFIX)) return true;
  return false;
}

/**
 * Whom the request wants to act as (`kubectl --as`), when its sender may: undefined when it wants to be nobody else.
 * @param request what the request is about, its sender as its user: some may act as others for some requests only
 * @throws StatusError 400 when it names groups without a user, 403 when one of its wishes is not allowed
 */
export async function impersonate(
  requestor: UserInfo,
  headers: IncomingHttpHeaders,
  of: { authorizer: Authorizer; request?: AuthorizationAttributes; observer?: ImpersonationObserver | undefined },
): Promise<Impersonated | undefined> {
  const { authorizer, request, observer } = of;
  const wish = wishOf(headers);
  if (wish === undefined) return undefined;
  const startMs = observer?.now() ?? 0;
  let refusal: unknown;
  for (const mode of request === undefined ? [legacyMode] : impersonationModes) {
    if (!mode.applies(wish, requestor)) continue;
    try {
      const asked = observer === undefined ? authorizer : observedAuthorizer(authorizer, mode.name, observer);
      const impersonated = await mode.become(wish, { requestor, request, authorizer: asked });
      observer?.attempted(mode.name, "allowed", startMs);
      return impersonated;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      refusal ??= error;
    }
  }
  observer?.attempted("", "denied", startMs);
  throw refusal;
}

/** Hears who wanted to act as somebody else, by which mode, and what authorization was asked about it. */
export interface ImpersonationObserver {
  /** Milliseconds of a clock that goes on evenly. */
  now(): number;
  /** @param mode empty when none allowed it */
  attempted(mode: string, decision: "allowed" | "denied", startMs: number): void;
  authorized(mode: string, decision: "allowed" | "denied", startMs: number): void;
}

function observedAuthorizer(authorizer: Authorizer, mode: string, observer: ImpersonationObserver): Authorizer {
  return {
    name: authorizer.name,
    async authorize(attributes) {
      const startMs = observer.now();
      const answer = await authorizer.authorize(attributes);
      observer.authorized(mode, answer.decision === "allow" ? "allowed" : "denied", startMs);
      return answer;
    },
  };
}

function wishOf(headers: IncomingHttpHeaders): Wish | undefined {
  const user = valuesOf(headers[USER])[0] ?? "";
  const uid = valuesOf(headers[UID])[0] ?? "";
  const groups = valuesOf(headers[GROUP]);
  const extra: Record<string, string[]> = {};
  for (const header of Object.keys(headers)) {
    if (header.startsWith(EXTRA_PREFIX))
      extra[unescaped(header.slice(EXTRA_PREFIX.length))] = valuesOf(headers[header]);
  }
  if (user !== "") return { user, uid, groups, extra };
  if (uid === "" && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw badRequest(`requested ${wishInGo(uid, groups, extra)} without impersonating a user name`);
}

/** Go's `%#v` of a user.DefaultInfo without a name. */
function wishInGo(uid: string, groups: readonly string[], extra: Readonly<Record<string, readonly string[]>>): string {
  const texts = (values: readonly string[]): string => `{${values.map(shownInGo).join(", ")}}`;
  const keys = Object.keys(extra).sort();
  const members = keys.map((key) => `${shownInGo(key)}:[]string${texts(extra[key]!)}`);
  const groupsText = groups.length === 0 ? "[]string(nil)" : `[]string${texts(groups)}`;
  const extraText = keys.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${members.join(", ")}}`;
  return `&user.DefaultInfo{Name:"", UID:${shownInGo(uid)}, Groups:${groupsText}, Extra:${extraText}}`;
}

/** Node joins repeated headers of its own accord; every piece is authorized by itself. */
function valuesOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  const values = Array.isArray(header) ? header : header.split(", ");
  return values.map((value) => value.trim()).filter((value) => value !== "");
}
