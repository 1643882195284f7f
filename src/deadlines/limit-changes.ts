/** Time in which the appeal was suspended (挂起), from its beginning to its end. One still open has no due time yet. */
export interface Pause {
  from: Date;
  to: Date;
}

/** More time that was granted (延期), in the unit of the limit itself. */
export interface Extension {
  /** When it was asked for: before the limit expired. */
  askedAt: Date;
  amount: number;
}

export interface LimitChanges {
  pauses?: readonly Pause[];
  extensions?: readonly Extension[];
}
