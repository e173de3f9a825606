import { findCondition } from "../../api/conditions.ts";
import type { PodCondition, PodStatus } from "../../api/generated/core/v1.ts";
import { RESIZE_CONDITIONS } from "../resize/conditions.ts";
import { copyAsJson, equalAsJson } from "./plain-json.ts";

type Fields = Record<string, unknown>;

/**
 * The strategic merge patch that turns the status that the API has (the kubelet's part of it) into the wanted one; undefined
 * when nothing differs. Conditions merge by type, addresses by themselves, all else is replaced as a whole.
 */
export function statusPatch(before: PodStatus, wanted: PodStatus): Fields | undefined {
  const patch: Fields = {};
  const old = before as Fields;
  const fresh = wanted as Fields;
  for (const name of OWNED) {
    if (equalAsJson(old[name], fresh[name])) continue;
    patch[name] = fresh[name] === undefined ? null : replacement(name, old[name], copyAsJson(fresh[name]));
  }
  const conditions = [
    ...changedConditions(before.conditions ?? [], wanted.conditions ?? []),
    ...goneConditions(before.conditions, wanted.conditions).map(({ type }) => ({ $patch: "delete", type })),
  ];
  if (conditions.length > 0) patch.conditions = conditions;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Whether the API has the wanted status, its kubelet's part: `statusPatch` is undefined then. */
export function isStatusShown(shown: PodStatus, wanted: PodStatus): boolean {
  for (const name of OWNED) if (!equalAsJson((shown as Fields)[name], (wanted as Fields)[name])) return false;
  if (goneConditions(shown.conditions, wanted.conditions).length > 0) return false;
  for (const condition of wanted.conditions ?? []) {
    const old = findCondition(shown.conditions, condition.type);
    if (old === undefined || (old !== condition && !isShown(condition as unknown as Fields, old as unknown as Fields)))
      return false;
  }
  return true;
}

/** Conditions that are there only at times: others that are missing in what is wanted are somebody else's. */
function goneConditions(shown: readonly PodCondition[] = [], wanted: readonly PodCondition[] = []): PodCondition[] {
  return shown.filter(({ type }) => RESIZE_CONDITIONS.has(type) && findCondition(wanted, type) === undefined);
}

/** Fields of PodStatus that the kubelet writes. */
const OWNED = [
  "phase",
  "observedGeneration",
  "reason",
  "message",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "ephemeralContainerStatuses",
  "qosClass",
] as const;

/** Lists of addresses merge by address: those that are no longer there are taken out by name. */
function replacement(name: string, before: unknown, after: unknown): unknown {
  if (name !== "podIPs" && name !== "hostIPs") return after;
  const kept = after as { ip: string }[];
  const gone = ((before ?? []) as { ip: string }[]).filter(({ ip }) => !kept.some((entry) => entry.ip === ip));
  return [...kept, ...gone.map(({ ip }) => ({ $patch: "delete", ip }))];
}

function changedConditions(before: readonly PodCondition[], after: readonly PodCondition[]): Fields[] {
  return after.flatMap((condition) => {
    const old = findCondition(before, condition.type) as Fields | undefined;
    if (old !== undefined && isShown(condition as unknown as Fields, old)) return [];
    const fresh = copyAsJson(condition) as unknown as Fields;
    if (old === undefined) return [fresh];
    const changed = Object.entries(fresh).filter(([key, value]) => !equalAsJson(old[key], value));
    const removed = REMOVABLE.filter((key) => old[key] !== undefined && !(key in fresh));
    return [
      {
        type: condition.type,
        ...Object.fromEntries(changed),
        ...Object.fromEntries(removed.map((key) => [key, null])),
      },
    ];
  });
}

/** Whether the old condition says all that the wanted one does, and nothing that is to go. */
function isShown(wanted: Fields, old: Fields): boolean {
  for (const key in wanted) if (wanted[key] !== undefined && !equalAsJson(old[key], wanted[key])) return false;
  for (const key of REMOVABLE) if (old[key] !== undefined && wanted[key] === undefined) return false;
  return true;
}

const REMOVABLE = ["reason", "message"];
