import { type Static, Type } from 'typebox';
import { channels } from '../channels/channel.ts';
import { deadlineStates } from '../deadlines/deadlines.schema.ts';
import { Choice, Instant, Nullable } from '../platform/openapi.ts';
import { eventTypes } from './events.ts';
import { complexities, natures, urgencies } from './nature.ts';
import { appealActions, appealStatuses } from './states.ts';

const Text = (description: string) => Type.String({ description });

export const AppealSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    number: Text('Appeal number (工单编号)'),
    status: Choice(appealStatuses, { description: 'Status (状态)' }),
    allowedActions: Type.Array(Choice(appealActions), {
      description: 'Actions the caller may take now (可执行操作)',
    }),
    source: Text('Source of the first message (来源)'),
    externalId: Nullable(
      Text(
        "The first message's id at its source: the other platform's own number (外部编号); null for a department, which reads it in its assignment",
      ),
    ),
    channel: Choice(channels, { description: 'Channel of the first message (渠道)' }),
    title: Text('Title (标题); numbers of persons masked'),
    body: Text('Text (内容); numbers of persons masked'),
    address: Nullable(Text('Place (地点)')),
    region: Nullable(Text('Division code (行政区划代码)')),
    nature: Nullable(Choice(natures, { description: 'Nature (诉求性质)' })),
    category: Nullable(Text('Category code of the city (类别)')),
    urgency: Choice(urgencies, { description: 'Urgency (紧急程度)' }),
    urgencyConfirmed: Type.Boolean({
      description: 'The desk has confirmed or changed the urgency; until then it is what the first message suggested',
    }),
    complexity: Nullable(
      Choice(complexities, { description: "How hard it is (难易): the desk's judgement; null until somebody judged" }),
    ),
    assignment: Nullable(
      Type.Object({
        id: Type.String({ format: 'uuid' }),
        department: Text('Department code (承办单位)'),
        status: Choice(['pending', 'signed', 'submitted'], { description: 'Status of the assignment (派单状态)' }),
      }),
    ),
    linkedTo: Nullable(Type.String({ format: 'uuid', description: 'The appeal it was linked to (并入)' })),
    linkedCount: Type.Integer({
      description:
        'Appeals that are worked on under this one (并入本件的诉求数); what is decided here is told to them all',
    }),
    repeatOf: Nullable(
      Type.String({
        format: 'uuid',
        description:
          'The appeal that the same person raised on the matter before: it has ended, or (`submitted`) its department has handed in a result (重复诉求)',
      }),
    ),
    outcome: Nullable(Text('Answer, reason or result (办理结果)')),
    lateByAdapter: Type.Boolean({ description: "Delivered by its adapter after the policy's look-back (渠道迟送)" }),
    historic: Type.Boolean({ description: 'Filed as an old case (历史件)' }),
    policy: Type.Object(
      { code: Type.String(), version: Type.Integer(), calendarVersion: Type.Integer() },
      { description: 'Rules its times were computed by (时限规则)' },
    ),
    receivedAt: Instant('Received at the source (收到时间)'),
    recordedAt: Instant('Recorded by us (登记时间)'),
    updatedAt: Instant('Last change (更新时间)'),
    version: Type.Integer({ description: 'Version; the ETag' }),
  },
  { $id: 'Appeal', additionalProperties: false, description: 'Appeal, the one record (诉求/工单)' },
);
export type Appeal = Static<typeof AppealSchema>;

export const AppealEventSchema = Type.Object(
  {
    seq: Type.Integer({ description: 'Number within the appeal; equals the version it made' }),
    type: Choice(eventTypes, { description: 'What happened (事件); `reveal`: somebody was shown a contact in clear' }),
    actor: Text('Who did it: key:<name>, citizen or system:<room> (操作人)'),
    at: Instant('When (时间)'),
    data: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Details without personal data; for a department without what was written for the desk',
    }),
  },
  { $id: 'AppealEvent', additionalProperties: false },
);

export const AppellantSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Nullable(Text('Name, masked (姓名)')),
    phone: Nullable(Text('Number, masked (电话)')),
    account: Nullable(Text('openid, uid or mail address, masked (账号)')),
    verified: Type.Boolean({ description: 'Identity proved by the channel (已核验)' }),
    anonymous: Type.Boolean({ description: '匿名' }),
    confidential: Type.Boolean({ description: '保密' }),
    language: Text('BCP 47'),
  },
  { $id: 'Appellant', additionalProperties: false, description: 'Appellant, always masked (反映人)' },
);

export const AppealMessageSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    appealNumber: Text('Number of the appeal it is in (工单编号): for a department also of one linked to its case'),
    source: Text('Source (来源)'),
    channel: Choice(channels),
    externalId: Nullable(Text('Id at the source; null for a department')),
    disposition: Choice(['registered', 'attached']),
    title: Nullable(Text('Title as sent, numbers masked')),
    body: Text('Text as sent, numbers masked'),
    receivedAt: Instant('收到时间'),
    recordedAt: Instant('登记时间'),
    appellant: Type.Union([Type.Unsafe<Static<typeof AppellantSchema>>({ $ref: 'Appellant' }), Type.Null()], {
      description: 'Who sent it, masked; null for a department (反映人)',
    }),
  },
  { $id: 'AppealMessage', additionalProperties: false, description: 'One inbound message (来件)' },
);

export const DeadlineSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Text('forward, receipt, sign, resolve (时限)'),
    messageId: Nullable(Type.String({ format: 'uuid' })),
    assignmentId: Nullable(Type.String({ format: 'uuid' })),
    startsAt: Instant('起算'),
    dueAt: Instant('截止'),
    metAt: Nullable(Instant('完成')),
    state: Choice(deadlineStates, { description: 'running, met (by dueAt), missed (ended later), cancelled' }),
    overdue: Type.Boolean({ description: 'Still running after dueAt (超期)' }),
    provisional: Type.Boolean({ description: 'Counts on a year whose calendar is not known yet (暂定)' }),
    policy: Type.Object({ code: Type.String(), version: Type.Integer(), calendarVersion: Type.Integer() }),
  },
  { $id: 'Deadline', additionalProperties: false, description: 'A named obligation (时限)' },
);

export const CitizenViewSchema = Type.Object(
  {
    number: Text('工单编号'),
    linkedNumber: Nullable(Text('Number of the appeal it was linked to and is worked on under (并入工单编号)')),
    status: Choice(appealStatuses),
    statusText: Text('Status in Chinese (办理状态)'),
    departmentName: Nullable(Text('承办单位')),
    receivedAt: Instant('Your message was received'),
    resolveDueAt: Nullable(Instant('办理时限')),
    outcome: Nullable(Text('办理结果')),
    steps: Type.Array(Type.Object({ at: Instant('时间'), text: Text('进展') })),
  },
  {
    $id: 'CitizenView',
    additionalProperties: false,
    description: "The citizen's own part, without personal data (市民查询)",
  },
);
export type CitizenView = Static<typeof CitizenViewSchema>;

export const IdOrNumber = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 40, description: 'Id or number of the appeal' }),
});
