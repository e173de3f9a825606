/** Why a container does not run yet: its reason and message are those of `state.waiting`. */
export class StartError extends Error {
  override name = "StartError";
  readonly reason: string;
  /** Wall time at which trying again makes sense; absent when the kubelet's own back-off decides. */
  readonly retryAtMs: number | undefined;

  constructor(reason: string, message: string, retryAtMs?: number) {
    super(message);
    this.reason = reason;
    this.retryAtMs = retryAtMs;
  }
}
