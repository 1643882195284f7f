import { type Static, Type } from 'typebox';
import { appealStatuses } from '../appeals/states.ts';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { suggestionStatuses } from './matters.table.ts';

const Side = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    number: Type.String({ description: 'Appeal number (工单编号)' }),
    status: Choice(appealStatuses),
    title: Type.String({ description: 'Title (标题); numbers of persons masked' }),
  },
  { additionalProperties: false },
);

export const SuggestionSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    appeal: Side,
    target: Side,
    score: Type.Number({ minimum: 0, maximum: 1, description: 'How much speaks for one matter, 0 to 1 (匹配度)' }),
    reasons: Type.Array(
      Type.Object(
        {
          kind: Choice(['person', 'place', 'text']),
          text: Type.String({ description: 'In Chinese, for the dispatcher (理由)' }),
        },
        { additionalProperties: false },
      ),
    ),
    status: Choice(suggestionStatuses, { description: 'accepted: the two were linked; dismissed: the desk said no' }),
    createdAt: Instant('建议时间'),
    decidedAt: Nullable(Instant('处理时间')),
    decidedBy: Nullable(Type.String({ description: 'Who linked or dismissed (操作人)' })),
  },
  {
    $id: 'Suggestion',
    additionalProperties: false,
    description: 'Two appeals that may be one matter: the later `appeal` may join the earlier `target` (并单建议)',
  },
);
export type Suggestion = Static<typeof SuggestionSchema>;
