/**
 * An SMS gateway. None of the real ones is idempotent, so the caller writes "attempt started" before `send`; when the
 * outcome is lost (a crash, a time-out), only `find` may tell whether the message left.
 */
export interface SmsGateway {
  readonly name: string;
  send(message: { receiptId: string; to: string; text: string }): Promise<SendOutcome>;
  /** Whether a send under this receipt id was accepted; `unknown` when the gateway cannot tell (yet). */
  find(receiptIds: readonly string[]): Promise<Map<string, Found>>;
}

export type Found = 'accepted' | 'delivered' | 'not-found' | 'unknown';

export type SendOutcome =
  | { outcome: 'accepted'; delivered: boolean }
  | { outcome: 'refused'; permanent: boolean; reason: string };
