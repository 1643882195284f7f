-- Time as policy: which rules a new appeal falls under, what the desk judged of it, and who changed the rules.

-- Which policy a new appeal falls under. Immutable versions of the whole ordered list; the newest is in force.
create table policy_choices (
  version integer primary key,
  choices jsonb not null
);

-- Who changed how the city works, when, and what. Append-only; no personal data.
create table audit (
  id uuid primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  data jsonb not null
);
create index audit_by_action on audit (action, id);

alter table appeals
  add column category text,
  add column complexity text check (complexity in ('simple', 'complex', 'petition')),
  add column urgency_confirmed boolean not null default false;
alter table appeals alter column urgency_confirmed drop default;
create index appeals_unconfirmed on appeals (id) where urgency <> 'normal' and not urgency_confirmed;

-- The first form of a policy knew neither texts nor rules by kind of appeal: the same rules in the new form.
update policies set document = $policy${
  "code": "kunming-hotline",
  "version": 1,
  "names": {"en": "Kunming mayor's hotline 12345", "zh": "昆明市12345市长热线"},
  "notes": [{"en": "Forwarding before 17:00 on the same day, later by 10:00 of the next, every day of the year, and an SMS to the citizen as soon as the case is forwarded, are the city's published rules; so is that every forwarded case is followed up.", "zh": "17时前受理的当日转办、17时后受理的次日10时前转办，全年无休，转办后即短信告知，转办件全部回访，均为昆明市公开的规定。"}, {"en": "The city is silent on office hours, quiet hours, signing, resolving, returns and ladders: these values are ours.", "zh": "工作时间、免打扰时段、签收、办结、退单次数和催办阶梯，公开规定未涉及，为本系统建议值。"}],
  "zone": "Asia/Shanghai",
  "officeHours": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}],
  "lookBackDays": 7,
  "quietHours": {"from": "21:00", "to": "08:00"},
  "returns": {"atMost": 2},
  "roles": {"desk-lead": {"en": "Desk lead on duty", "zh": "值班长"}, "desk-director": {"en": "Director of the hotline office", "zh": "热线办主任"}, "city-office": {"en": "Supervision section of the city government office", "zh": "市政府办公室督查科"}, "department-clerk": {"en": "Clerk of the department", "zh": "承办人"}, "department-head": {"en": "Head of the department's responsible section", "zh": "承办科室负责人"}, "department-leader": {"en": "Leader of the department", "zh": "单位分管领导"}},
  "signOff": [],
  "followUp": {"percent": 100},
  "texts": {"prefix": "您的诉求（编号{number}）", "forwarded": "已受理，转办至{department}，承诺于{dueAt}前办理答复。", "forwardedUndated": "已受理，转办至{department}办理。", "joined": "已并入您此前反映的同一事项，由{department}办理。", "assessing": "已收到，正在研判承办单位，转办后将另行告知。", "answered": "已答复：{text}。", "declined": "经研判不予受理，原因：{text}。", "diverted": "请通过法定途径办理：{text}。", "linked": "与{target}号诉求属同一事项，已并入办理。", "provisional": "该日期涉及的节假日安排尚未公布，届时可能调整。", "closing": "凭编号和查询码{code}可查询进展。"},
  "deadlines": {"forward": {"starts": "received", "due": [{"by": "clock", "dayKind": "calendar-days", "cases": [{"startedBefore": "17:00", "dayOffset": 0, "at": "24:00"}, {"dayOffset": 1, "at": "10:00"}], "source": {"kind": "city", "text": {"en": "Kunming mayor's hotline, published working rules", "zh": "昆明市12345市长热线公开的办理规定"}}}], "suspendable": false, "ladder": [{"step": 0, "role": "desk-lead", "offset": {"amount": -30, "unit": "minutes"}, "hours": "always"}, {"step": 1, "role": "desk-lead", "offset": {"amount": 0, "unit": "minutes"}, "hours": "always"}, {"step": 2, "role": "desk-director", "offset": {"amount": 1, "unit": "working-days"}, "hours": "always"}, {"step": 3, "role": "city-office", "offset": {"amount": 2, "unit": "working-days"}, "hours": "always"}]}, "receipt": {"starts": "received", "due": [{"by": "clock", "dayKind": "calendar-days", "cases": [{"dayOffset": 1, "at": "10:00"}], "source": {"kind": "city", "text": {"en": "Kunming mayor's hotline, published working rules", "zh": "昆明市12345市长热线公开的办理规定"}}}], "suspendable": false, "ladder": [{"step": 0, "role": "desk-lead", "offset": {"clock": "09:30"}, "hours": "always"}, {"step": 1, "role": "desk-lead", "offset": {"amount": 0, "unit": "minutes"}, "hours": "always"}, {"step": 2, "role": "desk-director", "offset": {"amount": 1, "unit": "working-days"}, "hours": "always"}, {"step": 3, "role": "city-office", "offset": {"amount": 2, "unit": "working-days"}, "hours": "always"}], "assessAt": "09:30"}, "sign": {"starts": "assigned", "due": [{"by": "duration", "amount": 1, "unit": "working-days", "countFrom": "next-day", "endsAt": "close-of-business", "source": {"kind": "ours"}}], "suspendable": false, "ladder": [{"step": 0, "role": "department-clerk", "offset": {"amount": -120, "unit": "minutes"}, "hours": "office"}, {"step": 1, "role": "department-head", "offset": {"amount": 0, "unit": "minutes"}, "hours": "office"}, {"step": 2, "role": "department-leader", "offset": {"amount": 1, "unit": "working-days"}, "hours": "office"}, {"step": 3, "role": "city-office", "offset": {"amount": 2, "unit": "working-days"}, "hours": "office"}]}, "resolve": {"starts": "assigned", "due": [{"by": "duration", "amount": 5, "unit": "working-days", "countFrom": "next-day", "endsAt": "close-of-business", "source": {"kind": "ours"}}], "suspendable": true, "ladder": [{"step": 0, "role": "department-clerk", "offset": {"amount": -1, "unit": "working-days"}, "hours": "office"}, {"step": 1, "role": "department-head", "offset": {"amount": 0, "unit": "minutes"}, "hours": "office"}, {"step": 2, "role": "department-leader", "offset": {"amount": 1, "unit": "working-days"}, "hours": "office"}, {"step": 3, "role": "city-office", "offset": {"amount": 2, "unit": "working-days"}, "hours": "office"}]}}
}$policy$
where code = 'kunming-hotline' and version = 1 and document -> 'texts' is null;
