import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "../../../api/generated/certificates.k8s.io/v1.ts";
import { formatTime } from "../../../base/clock.ts";
import { defineStrategy } from "../strategy.ts";

/** A request says who has made it, as the server knows him and not as he says. */
export const certificateSigningRequestStrategy = (
  changed: (request: CertificateSigningRequest, before: CertificateSigningRequest) => void = () => {},
) =>
  defineStrategy<CertificateSigningRequest>({
    async afterUpdate(object, old) {
      changed(object, old);
    },
    async beforeCreate(draft, { user }) {
      const { username: _n, uid: _u, groups: _g, extra: _e, ...asked } = draft.spec ?? {};
      const extra = Object.entries(user.extra ?? {}).map(([key, values]) => [key, [...values]]);
      draft.spec = {
        ...asked,
        username: user.name,
        ...(user.uid === undefined || user.uid === "" ? {} : { uid: user.uid }),
        ...(user.groups.length === 0 ? {} : { groups: [...user.groups] }),
        ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
      } as CertificateSigningRequest["spec"];
      return undefined;
    },
    async beforeUpdate(draft, old, { clock }) {
      if (draft.status?.conditions !== undefined) setTimes(draft.status.conditions, old, formatTime(clock.now()));
      return undefined;
    },
  });

/** When each condition was written and when it last changed, where the client does not say. */
function setTimes(conditions: CertificateSigningRequestCondition[], old: CertificateSigningRequest, now: string): void {
  for (const condition of conditions) {
    const before = old.status?.conditions?.find(
      ({ type, status, lastTransitionTime }) =>
        type === condition.type && status === condition.status && lastTransitionTime !== undefined,
    );
    condition.lastUpdateTime ??= now;
    condition.lastTransitionTime ??= before?.lastTransitionTime ?? now;
  }
}
