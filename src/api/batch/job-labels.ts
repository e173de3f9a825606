const PREFIX = "batch.kubernetes.io/";

export const CONTROLLER_UID = `${PREFIX}controller-uid`;

/** Labels by which a job knows its pods, those of old among them. */
export const generatedLabels = (uid: string, name: string): Record<string, string> => ({
  "controller-uid": uid,
  "job-name": name,
  [CONTROLLER_UID]: uid,
  [`${PREFIX}job-name`]: name,
});
