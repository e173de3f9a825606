const PREFIX = "batch.kubernetes.io/";

export const CONTROLLER_UID = `${PREFIX}controller-uid`;
const JOB_NAME = `${PREFIX}job-name`;

/** The labels of old by which a job knows its pods. */
export const olderLabels = (uid: string, name: string): Record<string, string> => ({
  "controller-uid": uid,
  "job-name": name,
});

/** All labels by which a job knows its pods, those of old among them. */
export const generatedLabels = (uid: string, name: string): Record<string, string> => ({
  ...olderLabels(uid, name),
  [CONTROLLER_UID]: uid,
  [JOB_NAME]: name,
});

export const hasNewerLabels = (labels: Readonly<Record<string, string>>): boolean =>
  labels[CONTROLLER_UID] !== undefined && labels[JOB_NAME] !== undefined;
