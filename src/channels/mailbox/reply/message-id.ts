const OURS = /^<minsheng\.([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@[^@>]+>$/;

/** Message-ID of the acknowledgement of a message: the same at every attempt, at the domain of the sending address. */
export const acknowledgementId = (messageId: string, from: string): string =>
  `<minsheng.${messageId}@${from.slice(from.lastIndexOf('@') + 1)}>`;

/** The message that a Message-ID of ours acknowledged; whoever names it need not have got it. */
export const acknowledgedMessage = (id: string): string | undefined => OURS.exec(id.toLowerCase())?.[1];
