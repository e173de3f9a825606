/** Milliseconds as Go prints a time.Duration: `500ms`, `10s`, `1m30s`, `1h0m0s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return milliseconds <= 0 ? "0s" : `${milliseconds}ms`;
  const seconds = (milliseconds % 60_000) / 1000;
  const minutes = Math.floor(milliseconds / 60_000);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
