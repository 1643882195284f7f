import { type TSchema, Type } from 'typebox';
import { answers } from '../../platform/openapi.ts';

export const SourceOfWebhook = Type.Object({
  source: Type.String({ maxLength: 40, description: 'Source code (来源) of this channel, with settings' }),
});

/** Signed query of WeChat and Weibo; what else a platform adds is let through. */
export const signedQuery = {
  signature: Type.Optional(Type.String({ maxLength: 64, description: 'SHA-1 of the sorted secret, timestamp, nonce' })),
  timestamp: Type.String({ maxLength: 20 }),
  nonce: Type.String({ maxLength: 128 }),
};

/** What a platform's call ends in, by content type; it has no other key than its signature. */
export function webhookAnswers(byType: Record<string, TSchema>) {
  const content = Object.fromEntries(Object.entries(byType).map(([type, schema]) => [type, { schema }]));
  return { ...answers({}), 200: { description: 'Recorded, or nothing to record', content } };
}
