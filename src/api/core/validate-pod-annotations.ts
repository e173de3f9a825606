import { type FieldError, forbiddenField, invalid } from "../field-error.ts";
import type { PodSpec, Toleration } from "../generated/core/v1.ts";
import { validateRelativePath } from "./validate-path.ts";
import { validateTolerations } from "./validate-tolerations.ts";
import { containersOf } from "./validate-windows.ts";

type Annotations = Readonly<Record<string, string>>;

export const MIRROR_POD = "kubernetes.io/config.mirror";
export const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
export const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
export const APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
const TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations";
const LOCALHOST = "localhost/";

/** What is wrong with annotations that say something about a pod, in a pod or a template. @param field of the annotations */
export function validatePodAnnotations(
  annotations: Annotations | undefined,
  spec: PodSpec,
  field: string,
): FieldError[] {
  const given = annotations ?? {};
  const errors: FieldError[] = [];
  if (given[MIRROR_POD] !== undefined && !spec.nodeName) {
    const message = "must set spec.nodeName if mirror pod annotation is set";
    errors.push(invalid(`${field}[${MIRROR_POD}]`, spec.nodeName ?? "", message));
  }
  if (given[TOLERATIONS] !== undefined) errors.push(...validateTolerationsText(given[TOLERATIONS], field));
  for (const [key, profile] of Object.entries(given)) {
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) {
      errors.push(...validateSeccompText(profile, `${field}.${key}`));
    }
  }
  errors.push(...validateAppArmorTexts(given, spec, field));
  const cost = given[DELETION_COST];
  if (cost !== undefined && !isInt32(cost)) {
    errors.push(invalid(`${field}[${DELETION_COST}]`, cost, "must be a 32bit integer"));
  }
  return errors;
}

function isInt32(text: string): boolean {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return false;
  const value = Number(text);
  return value >= -(2 ** 31) && value < 2 ** 31;
}

function validateTolerationsText(text: string, field: string): FieldError[] {
  let tolerations: unknown;
  try {
    tolerations = text === "" ? [] : JSON.parse(text);
  } catch (error) {
    return [invalid(field, TOLERATIONS, error instanceof Error ? error.message : "no JSON")];
  }
  const list = Array.isArray(tolerations) ? (tolerations as Toleration[]) : [];
  return list.length === 0 ? [] : validateTolerations(list, `${field}.${TOLERATIONS}`);
}

function validateSeccompText(profile: string, field: string): FieldError[] {
  if (["runtime/default", "docker/default", "unconfined"].includes(profile)) return [];
  if (profile.startsWith(LOCALHOST)) return validateRelativePath(profile.slice(LOCALHOST.length), field);
  return [invalid(field, profile, "must be a valid seccomp profile")];
}

function validateAppArmorTexts(annotations: Annotations, spec: PodSpec, field: string): FieldError[] {
  const told = Object.entries(annotations).filter(([key]) => key.startsWith(APP_ARMOR));
  if (told.length === 0) return [];
  const names = new Set(containersOf(spec, "").map(({ container }) => container.name));
  return told.flatMap(([key, profile]) => {
    const container = key.slice(APP_ARMOR.length);
    const at = `${field}[${key}]`;
    const errors = names.has(container) ? [] : [invalid(at, container, "container not found")];
    const isValid = ["", "runtime/default", "unconfined"].includes(profile) || profile.startsWith(LOCALHOST);
    if (!isValid) errors.push(invalid(at, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
    return errors;
  });
}

/** Whether annotations of old say how containers are confined. */
export function namesProfiles(annotations: Annotations): boolean {
  for (const key in annotations) {
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER) || key.startsWith(APP_ARMOR)) return true;
  }
  return false;
}

/**
 * What is wrong with a new pod, or a template, whose annotations and fields do not say the same.
 *
 * @param field of the spec
 */
export function validateAnnotationsMatch(
  annotations: Annotations | undefined,
  spec: PodSpec,
  field: string,
): FieldError[] {
  if (annotations === undefined || !namesProfiles(annotations)) return [];
  const { securityContext, os } = spec;
  const containers = containersOf(spec, field);
  const seccomp = containers.flatMap(({ container, path }) =>
    compare(annotations[`${SECCOMP_CONTAINER}${container.name}`], container.securityContext?.seccompProfile, {
      field: `${path}.securityContext.seccompProfile`,
      what: "seccomp",
    }),
  );
  const wide = compare(annotations[SECCOMP_POD], securityContext?.seccompProfile, {
    field: `${field}.securityContext.seccompProfile`,
    what: "seccomp",
  });
  if (os?.name === "windows") return [...wide, ...seccomp];
  const armor = containers.flatMap(({ container, path }) => {
    // A container without a profile of its own has the pod's.
    const profile = container.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile;
    const place = { field: `${path}.securityContext.appArmorProfile`, what: "apparmor" } as const;
    return compare(annotations[`${APP_ARMOR}${container.name}`], profile, place);
  });
  return [...wide, ...seccomp, ...armor];
}

interface Profile {
  type: string;
  localhostProfile?: string;
}

/** What annotations call the types of profiles; only seccomp's default has two names. */
const NAMES = {
  seccomp: { Unconfined: ["unconfined"], RuntimeDefault: ["runtime/default", "docker/default"] },
  apparmor: { Unconfined: ["unconfined"], RuntimeDefault: ["runtime/default"] },
} as const;

function compare(
  text: string | undefined,
  profile: Profile | undefined,
  { field, what }: { field: string; what: keyof typeof NAMES },
): FieldError[] {
  if (text === undefined || profile === undefined) return [];
  const refused = [forbiddenField(`${field}.type`, `${what} type in annotation and field must match`)];
  const { type, localhostProfile } = profile;
  if (type === "Unconfined" || type === "RuntimeDefault") {
    return (NAMES[what][type] as readonly string[]).includes(text) ? [] : refused;
  }
  // A type that does not exist is reported elsewhere.
  if (type !== "Localhost") return [];
  if (!text.startsWith(LOCALHOST)) return refused;
  return localhostProfile === text.slice(LOCALHOST.length)
    ? []
    : [forbiddenField(`${field}.localhostProfile`, `${what} profile in annotation and field must match`)];
}

/** The profile that an annotation of old names; undefined for one that names none. */
export function appArmorProfileOf(text: string): Profile | undefined {
  if (text === "unconfined") return { type: "Unconfined" };
  if (text === "runtime/default") return { type: "RuntimeDefault" };
  if (!text.startsWith(LOCALHOST) || text.length === LOCALHOST.length) return undefined;
  return { type: "Localhost", localhostProfile: text.slice(LOCALHOST.length) };
}

/** A token in a volume belongs to an account, so that there must be one. */
export function validateTokenAccount(spec: PodSpec, field: string): FieldError[] {
  if (spec.serviceAccountName) return [];
  return (spec.volumes ?? []).flatMap((volume, index) =>
    (volume.projected?.sources ?? []).flatMap((source, at) =>
      source.serviceAccountToken === undefined
        ? []
        : [
            forbiddenField(
              `${field}.volumes[${index}].projected.sources[${at}].serviceAccountToken`,
              "must not be specified when serviceAccountName is not set",
            ),
          ],
    ),
  );
}
