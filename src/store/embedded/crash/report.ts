/** An acknowledged write, as the writer process reports it. */
export interface Acknowledged {
  readonly key: string;
  readonly revision: number;
  /** SHA-256 of the value; absent for a delete. */
  readonly digest?: string;
}
