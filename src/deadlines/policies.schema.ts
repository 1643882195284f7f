import { Type } from 'typebox';
import { complexities, natures, urgencies } from '../appeals/nature.ts';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { deadlineNames } from './deadline-names.ts';
import type { Policy } from './policy.schema.ts';
import { PolicyChoiceSchema } from './policy-choices.ts';

const Names = Type.Object({ en: Type.String(), zh: Type.String() });

/** A document of `openapi/policy.schema.json`. It is checked by `checkPolicy`, which names every mistake at once. */
export const PolicyDocument = Type.Unsafe<Policy>({
  type: 'object',
  additionalProperties: true,
  description: 'A policy (规则) as in policy.schema.json',
});

export const PolicySummarySchema = Type.Object(
  {
    code: Type.String({ description: 'Code of the policy (规则)' }),
    version: Type.Integer({ description: 'Newest version: what new appeals fall under' }),
    names: Names,
    deadlines: Type.Array(Choice(deadlineNames), { description: 'Deadlines it sets (时限)' }),
  },
  { $id: 'PolicySummary', additionalProperties: false, description: 'A policy in its newest version (规则)' },
);

export const PolicyChoicesSchema = Type.Object(
  {
    version: Type.Integer({ description: 'Version; the ETag' }),
    choices: Type.Array(PolicyChoiceSchema, { description: 'In order: the first that fits decides' }),
    otherwise: Type.String({ description: 'Policy of appeals that no choice fits: the setting POLICY' }),
  },
  { $id: 'PolicyChoices', additionalProperties: false, description: 'Which policy new appeals fall under (规则选用)' },
);

export const PolicyCode = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 64, description: 'Code of the policy (规则)' }),
});
const Version = Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: 'Default: the newest' }));
export const PolicyVersionQuery = Type.Object({ version: Version }, { additionalProperties: false });

export const DueQuery = Type.Object(
  {
    name: Choice(deadlineNames, { description: 'Which deadline (时限)' }),
    start: Type.String({ format: 'date-time', description: 'When it starts, with offset (起算)' }),
    version: Version,
    source: Type.Optional(Type.String({ maxLength: 40, description: '来源' })),
    nature: Type.Optional(Choice(natures, { description: '诉求性质' })),
    category: Type.Optional(Type.String({ maxLength: 40, description: '类别' })),
    urgency: Type.Optional(Choice(urgencies, { default: 'normal', description: '紧急程度' })),
    complexity: Type.Optional(Choice(complexities, { description: '难易; absent: nobody has judged yet' })),
  },
  { additionalProperties: false },
);

export const ComputedDueSchema = Type.Object(
  {
    policy: Type.Object({ code: Type.String(), version: Type.Integer(), calendarVersion: Type.Integer() }),
    name: Choice(deadlineNames),
    startsAt: Instant('起算'),
    dueAt: Nullable(Instant('截止; null: the policy sets no such deadline for such an appeal')),
    provisional: Type.Boolean({ description: 'Counts on a year whose calendar is not known yet (暂定)' }),
    ladder: Type.Array(
      Type.Object({
        step: Type.Integer({ description: '0 reminder before dueAt, 1 at dueAt, then upwards' }),
        role: Type.String(),
        names: Names,
        at: Instant('When the step would be taken'),
      }),
      { description: 'Who would be told, and when (催办)' },
    ),
  },
  { $id: 'ComputedDue', additionalProperties: false, description: 'What a deadline would be; nothing is recorded' },
);
