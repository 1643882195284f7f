/** The book of the day: everything that was sent, what must become of it, and what was answered. */

export const protocols = [
  'hotline',
  'boards',
  'wechat',
  'weibo',
  'mentions',
  'mail-webhook',
  'mail-imap',
  'calls',
  'portal',
  'open311',
] as const;
export type Protocol = (typeof protocols)[number];

/** `message`: one, exactly; `nothing`: answered, but no appeal (events, machines' mail); `refused`: answered 4xx. */
export type Fate = 'message' | 'nothing' | 'refused';

/** How it reaches the service; `again` is a platform that repeats what was answered already. */
export type Course = 'once' | 'unread' | 'half' | 'hasty' | 'twins' | 'again';

export interface File {
  sha256: string;
  kind: string;
}

/** One thing that somebody sent, however often it was delivered. */
export interface Entry {
  protocol: Protocol;
  source: string;
  fate: Fate;
  course: Course;
  /** What only this has, in its text; or its id at the source; or both. */
  marker?: string;
  externalId?: string;
  /** What belongs to one appeal has one name, and everything else another. */
  matter: string;
  /** A line that goes on with a conversation. */
  isLine?: boolean;
  files: File[];
  /** What it is, in words for a reader. */
  about: string;

  deliveries: number;
  /** `201`, `unread`, `unreachable`, …, one a delivery. */
  answers: string[];
  acknowledged: boolean;
  refused: boolean;
  /** All tries of its platform are used up, and none was answered. */
  gaveUp: boolean;
  /** What the answers said; the same in each. */
  number?: string;
  code?: string;
  messageId?: string;
  receiptDueAt?: string | null;
  /** What was wrong with an answer. */
  wrong: string[];
}

/** A call as the call centre knows it. */
export interface CallEntry {
  callId: string;
  provider: string;
  caller: string;
  status: 'answered' | 'missed';
  /** The caller was spoken to after all of their missed calls. */
  spokenLater: boolean;
  recording?: File;
  /** The hotline's message that was taken in it. */
  message?: Entry;
  about: string;
  /** Entries of the pushes that told of it: acknowledged means that the call is known. */
  pushes: Entry[];
}

/** Something that is not as the book says. */
export interface Deviation {
  protocol: Protocol | 'service';
  key: string;
  what: string;
  facts: unknown;
}

export type Book = ReturnType<typeof createBook>;

export function createBook() {
  const entries: Entry[] = [];
  const calls: CallEntry[] = [];
  /** Machine milliseconds of answers that were read, by protocol. */
  const answerMs = new Map<Protocol, number[]>();
  let matters = 0;

  function enter(
    entry: Pick<Entry, 'protocol' | 'source' | 'about'> & Partial<Omit<Entry, 'protocol' | 'source' | 'about'>>,
  ): Entry {
    const whole: Entry = {
      fate: 'message',
      course: 'once',
      matter: newMatter(),
      files: [],
      deliveries: 0,
      answers: [],
      acknowledged: false,
      refused: false,
      gaveUp: false,
      wrong: [],
      ...entry,
    };
    entries.push(whole);
    return whole;
  }

  const newMatter = (): string => `matter-${++matters}`;

  /** Keeps what an answer says of a message; it must be what the answers before it said. */
  function note(entry: Entry, said: Pick<Entry, 'number' | 'code' | 'messageId' | 'receiptDueAt'>): void {
    for (const [name, value] of Object.entries(said) as ['number', string | undefined][]) {
      if (value === undefined) continue;
      if (entry[name] !== undefined && entry[name] !== value)
        entry.wrong.push(`a repeat was told another ${name}: ${value} after ${entry[name]}`);
      entry[name] ??= value;
    }
  }

  function took(protocol: Protocol, ms: number): void {
    const list = answerMs.get(protocol) ?? [];
    list.push(ms);
    answerMs.set(protocol, list);
  }

  return { entries, calls, answerMs, enter, newMatter, note, took };
}

export const keyOf = ({ marker, externalId, matter }: Entry): string => marker ?? externalId ?? matter;
