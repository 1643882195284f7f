/** Where a limit ends, and how it moves. Every move is counted in the limit's own unit and gives a new target. */
export interface Target {
  dueAt: Date;
  /** The result depends on a year whose holidays are not known. */
  provisional: boolean;
  /** What is left at `from`, which lies before dueAt, is left at `to`, which does not lie before `from`. */
  pause(from: Date, to: Date): Target;
  /** So many units more. */
  extend(amount: number): Target;
}
