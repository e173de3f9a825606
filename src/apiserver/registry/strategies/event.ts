import { defineStrategy } from "../strategy.ts";

/** Events tell what happened lately: they go away after an hour (kube-apiserver --event-ttl). */
export const eventStrategy = defineStrategy({ timeToLiveSeconds: 3600, createOnUpdate: true });
