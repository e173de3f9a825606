import type { PersistentVolume } from "../../../api/generated/core/v1.ts";
import { type Clock, formatTime } from "../../../base/clock.ts";
import { defineStrategy } from "../strategy.ts";

/** Tells when a volume came to its phase. A controller may say so itself. */
export const persistentVolumeStrategy = defineStrategy<PersistentVolume>({
  async beforeCreate(volume, { clock }) {
    noteTransition(volume, clock);
    return undefined;
  },
  async beforeUpdate(volume, old, { clock }) {
    const [now, before] = [volume.status, old.status];
    if (now?.phase !== before?.phase) {
      const told = now?.lastPhaseTransitionTime;
      if (told === undefined || told === before?.lastPhaseTransitionTime) noteTransition(volume, clock);
    } else if (before?.lastPhaseTransitionTime !== undefined && now?.lastPhaseTransitionTime === undefined) {
      volume.status = { ...now, lastPhaseTransitionTime: before.lastPhaseTransitionTime };
    }
    return undefined;
  },
});

function noteTransition(volume: PersistentVolume, clock: Clock): void {
  volume.status = { ...volume.status, lastPhaseTransitionTime: formatTime(clock.now()) };
}
