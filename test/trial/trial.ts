/** One sample sent through the service as its platform would send it. */
export interface Outcome {
  sample: string;
  expected: string;
  got: string;
  ok: boolean;
  /** Why it may differ, by the platform's own text. */
  exception?: string;
}
/** Runs every sample of a folder like vectors/<protocol>. */
export type Trial = (folder: string) => Promise<Outcome[]>;
