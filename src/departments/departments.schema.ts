import { type Static, Type } from 'typebox';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { assignmentStatuses, feedKinds } from './departments.table.ts';

export const AssignmentSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    appealId: Type.String({ format: 'uuid' }),
    appealNumber: Type.String({ description: '工单编号' }),
    source: Type.String({ description: 'Source of the first message (来源)' }),
    externalId: Nullable(
      Type.String({
        description:
          "The first message's id at its source: the other platform's own number (外部编号); null where the appellant is protected, and once the case is no longer here",
      }),
    ),
    department: Type.String({ description: '承办单位' }),
    role: Choice(['lead'], { description: 'lead 主办' }),
    status: Choice(assignmentStatuses, { description: '派单状态' }),
    title: Nullable(
      Type.String({
        description: '标题; this and the rest of the content is null once `returned` or `withdrawn`',
      }),
    ),
    body: Nullable(Type.String({ description: '内容; numbers of persons masked' })),
    address: Nullable(Type.String({ description: '地点' })),
    nature: Nullable(Type.String({ description: '诉求性质' })),
    category: Nullable(Type.String({ description: '类别' })),
    urgency: Nullable(Type.String({ description: '紧急程度' })),
    complexity: Nullable(Type.String({ description: '难易' })),
    messages: Nullable(
      Type.Integer({
        description:
          'Messages of the case and of the appeals linked to it (来件数): `GET /v1/appeals/{appealId}/messages` has their words',
      }),
    ),
    latestMessageAt: Nullable(Instant('When the newest of them was recorded (最近来件时间)')),
    reason: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Why it came here (派单依据): the rule and the words it found, or the dispatcher',
    }),
    final: Type.Boolean({ description: 'The ruling is final: it cannot be returned (裁定)' }),
    assignedAt: Instant('派单时间'),
    dueAt: Nullable(Instant('What is due next: sign while pending, resolve once signed (时限)')),
    overdue: Type.Boolean({ description: '超期' }),
    signedAt: Nullable(Instant('签收时间')),
    returnedAt: Nullable(Instant('退单时间')),
    returnReason: Nullable(Type.String({ description: '退单原因' })),
    submittedAt: Nullable(Instant('反馈时间')),
    result: Nullable(Type.String({ description: '办理结果' })),
    version: Type.Integer({ description: 'Version; the ETag' }),
  },
  { $id: 'Assignment', additionalProperties: false, description: 'Work handed to one department (派单/转办)' },
);
export type Assignment = Static<typeof AssignmentSchema>;

export const FeedSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          cursor: Type.String({ description: 'Cursor after this entry' }),
          kind: Choice(feedKinds, {
            description: '`assigned` new work, `changed` read it again, `removed` no longer yours',
          }),
          assignmentId: Type.String({ format: 'uuid' }),
          appealId: Type.String({ format: 'uuid' }),
          at: Instant('时间'),
        },
        { additionalProperties: false },
      ),
    ),
    next: Type.String({ description: 'Cursor for the next call; always there, also when nothing is new' }),
  },
  {
    $id: 'DepartmentFeed',
    additionalProperties: false,
    description: 'Change feed of a department: no gaps, at least once',
  },
);

export const SignManySchema = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: Type.String({ format: 'uuid' }),
          ok: Type.Boolean(),
          status: Type.Optional(Choice(assignmentStatuses)),
          detail: Type.Optional(Type.String({ description: 'Why not' })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { $id: 'SignedMany', additionalProperties: false },
);

export const DepartmentCode = Type.Object({
  code: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', description: 'Department code (承办单位)' }),
});
export const AssignmentId = Type.Object({ id: Type.String({ format: 'uuid', description: 'Assignment (派单)' }) });
