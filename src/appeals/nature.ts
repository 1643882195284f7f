/** Nature of an appeal (诉求性质). Protected: a department cannot relabel it. */
export const natures = ['inquiry', 'assistance', 'complaint', 'report', 'suggestion', 'commendation'] as const;
export type Nature = (typeof natures)[number];

export const urgencies = ['normal', 'urgent', 'critical'] as const;
export type Urgency = (typeof urgencies)[number];

/** How hard a case is (难易), as the desk judges it; nobody has judged yet: null. */
export const complexities = ['simple', 'complex', 'petition'] as const;
export type Complexity = (typeof complexities)[number];

/**
 * Natures that may be one matter. A report (举报) never joins anything else: its reporter is protected. Unknown counts as
 * the commonest, a request to put something right.
 */
export function natureClass(nature: string | null | undefined): string {
  return nature === undefined || nature === null || nature === 'assistance' || nature === 'complaint'
    ? 'grievance'
    : nature;
}

/**
 * Whether what these two name may be worked on as one case. A report (举报) only together with reports: whoever works on
 * the other case would read what its reporter writes.
 */
export const mayShareCase = (one: string | null, other: string | null): boolean =>
  (one === 'report') === (other === 'report');

/** Words of who reports (举报) somebody, whatever was ticked or nothing was. */
export const announcesReport = (text: string): boolean => /举报|检举|揭发|控告|告发/.test(text);

/** A report, or what says that it is one while its nature is not known. */
export const isReport = (it: { nature: string | null; title: string; body: string }): boolean =>
  it.nature === 'report' || (it.nature === null && announcesReport(`${it.title}\n${it.body}`));
