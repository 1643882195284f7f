-- Who was shown a citizen's contact data in clear (查看联系方式), when, which of them and why; never the data themselves.
create table reveals (
  id uuid primary key,
  at timestamptz not null,
  actor text not null,
  appeal_id uuid references appeals,
  message_id uuid references messages,
  appellant_id uuid references appellants,
  call_back_id uuid references call_backs,
  fields text[] not null check (cardinality(fields) > 0),
  reason text not null check (reason in ('call-back', 'clarify', 'on-site', 'other')),
  note text,
  check ((appeal_id is null) <> (call_back_id is null)),
  check ((appeal_id is null) = (message_id is null) and (appeal_id is null) = (appellant_id is null)),
  check (reason <> 'other' or note is not null)
);
create index reveals_by_actor on reveals (actor, at);
create index reveals_by_appeal on reveals (appeal_id, id) where appeal_id is not null;
create index reveals_by_call_back on reveals (call_back_id, id) where call_back_id is not null;
