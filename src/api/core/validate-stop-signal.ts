import { type FieldError, forbiddenField, notSupported } from "../field-error.ts";

const upTo = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);
const LINUX = [
  ..."ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP"
    .split(" ")
    .map((name) => `SIG${name}`),
  ..."TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX".split(" ").map((name) => `SIG${name}`),
  ...upTo(15, "SIGRTMIN+"),
  ...upTo(14, "SIGRTMAX-"),
].sort();
const WINDOWS = ["SIGKILL", "SIGTERM"];

/** What is wrong with the signal that ends a container. Which there are depends on the system, which has to be named. */
export function validateStopSignal(signal: string, field: string, system: string | undefined): FieldError[] {
  if (system === undefined) {
    return [forbiddenField(field, "may not be set for containers with empty `spec.os.name`")];
  }
  const supported = { linux: LINUX, windows: WINDOWS }[system];
  return supported === undefined || supported.includes(signal) ? [] : [notSupported(field, signal, supported)];
}
