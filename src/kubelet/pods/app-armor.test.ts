import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppArmorProfile, Pod } from "../../api/generated/core/v1.ts";
import { appArmorRejection } from "./app-armor.ts";
import { containerSecurityContext } from "./security.ts";

const UNCONFINED = { type: "Unconfined" };
const DEFAULT = { type: "RuntimeDefault" };
const OWN = { type: "Localhost", localhostProfile: "k8s-nginx" };

const pod = (wide?: AppArmorProfile, own?: AppArmorProfile): Pod => ({
  spec: {
    ...(wide && { securityContext: { appArmorProfile: wide } }),
    containers: [{ name: "c", ...(own && { securityContext: { appArmorProfile: own } }) }],
  },
});

test("profiles of a container, or of its pod, are told to the runtime", () => {
  const told = (subject: Pod) => {
    const { apparmor, apparmorProfile } = containerSecurityContext(subject, subject.spec!.containers[0]!, {
      seccompDirectory: "",
    });
    return [apparmor, apparmorProfile];
  };
  const localhost = { profileType: "Localhost", localhostRef: "k8s-nginx" };
  const cases: readonly (readonly [Pod, unknown, string?])[] = [
    [pod(), undefined],
    [pod(DEFAULT), { profileType: "RuntimeDefault" }, "runtime/default"],
    [pod(DEFAULT, UNCONFINED), { profileType: "Unconfined" }, "unconfined"],
    [pod(UNCONFINED, OWN), localhost, "localhost/k8s-nginx"],
    [pod(OWN), localhost, "localhost/k8s-nginx"],
  ];
  for (const [subject, profile, text] of cases) assert.deepEqual(told(subject), [profile, text]);
});

test("a node that enforces no profiles takes no pod that asks for one", () => {
  const refused = { reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" };
  for (const subject of [pod(DEFAULT), pod(OWN), pod(undefined, DEFAULT), pod(UNCONFINED, OWN)]) {
    assert.deepEqual(appArmorRejection(subject, false), refused);
    assert.equal(appArmorRejection(subject, true), undefined);
  }
  for (const subject of [pod(), pod(UNCONFINED), pod(UNCONFINED, UNCONFINED)]) {
    assert.equal(appArmorRejection(subject, false), undefined);
  }
  const unnamed = pod({ type: "Localhost", localhostProfile: " " });
  assert.match(appArmorRejection(unnamed, true)!.message, /invalid empty AppArmor profile name/);
});
