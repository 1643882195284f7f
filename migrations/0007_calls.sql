-- Calls (通话) as the call centre reports them, whatever order its events come in. A call is no appeal: it is linked to the
-- message its call-taker posts under the same id.

-- Call-back tasks (回拨任务): one open task a caller, however often they tried.
create table call_backs (
  id uuid primary key,
  party_index bytea not null,
  status text not null check (status in ('open', 'reached', 'answered', 'given-up', 'withdrawn')),
  missed_calls integer not null,
  first_missed_at timestamptz not null,
  last_missed_at timestamptz not null,
  attempts integer not null default 0,
  last_attempt_at timestamptz,
  note text,
  closed_at timestamptz,
  closed_by text,
  check ((status = 'open') = (closed_at is null))
);
create unique index call_backs_open on call_backs (party_index) where status = 'open';
create index call_backs_by_party on call_backs (party_index, closed_at);
create index call_backs_by_status on call_backs (status, id);

create table calls (
  id uuid primary key,
  provider text not null,
  call_id text not null,
  -- The source whose webhook was told, and the source of the line that was dialled.
  received_by text not null references sources,
  source text not null references sources,
  direction text not null check (direction in ('inbound', 'outbound', 'internal')),
  status text not null check (status in ('under-way', 'answered', 'missed', 'unanswered')),
  line text,
  agent text,
  seat text,
  shift text,
  -- Blind index of the citizen's number; null when it was withheld.
  party_index bytea,
  started_at timestamptz not null,
  queued_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  duration_seconds integer,
  talk_seconds integer,
  hangup_party text,
  call_back uuid references call_backs,
  -- Numbers of the parties.
  sealed bytea not null,
  recorded_at timestamptz not null,
  updated_at timestamptz not null
);
create index calls_by_status on calls (status, id);
create index calls_by_source on calls (source, id);
create index calls_by_agent on calls (agent, id);
create index calls_by_party on calls (party_index, started_at) where party_index is not null;
create index calls_by_call_back on calls (call_back) where call_back is not null;

-- What was pushed, each different push once, sealed as it was understood: a call is always made anew from all of them.
create table call_events (
  id uuid primary key,
  call uuid not null references calls deferrable initially deferred,
  provider text not null,
  leg_id text not null,
  linked_id text,
  fingerprint bytea not null,
  sealed bytea not null,
  recorded_at timestamptz not null
);
create unique index call_events_once on call_events (provider, leg_id, fingerprint);
create index call_events_by_linked on call_events (provider, linked_id) where linked_id is not null;
create index call_events_by_leg on call_events (leg_id);
create index call_events_by_call on call_events (call);

-- Messages that name their call, by the call centre's id; the call may be reported before or after.
create table call_messages (
  message_id uuid primary key references messages,
  appeal_id uuid not null references appeals,
  source text not null,
  call_id text not null,
  -- Source of the dialled line, when the message tells it.
  line_source text
);
create index call_messages_by_call on call_messages (call_id);
create index call_messages_by_appeal on call_messages (appeal_id);

-- Recordings (录音) are attachments that may be known before the message they belong to.
alter table attachments alter column appeal_id drop not null, alter column message_id drop not null;
alter table attachments add check ((appeal_id is null) = (message_id is null));
alter table attachments add check (message_id is not null or kind = 'recording');
create table recordings (
  attachment_id uuid primary key references attachments,
  url_index bytea not null unique,
  call uuid references calls,
  -- The message that told of it, when no event of the call did.
  message_id uuid references messages
);
create index recordings_by_call on recordings (call);

-- Whether the citizen allowed publication (可公开) when the appeal was registered.
alter table appeals add column publish boolean not null default false;
create index appeals_published on appeals (received_at desc, id desc) where publish;

-- Kinds of request that Open311 clients may choose (服务事项). A code is never given to anything else.
create table services (
  code text primary key,
  position integer not null,
  offered boolean not null,
  definition jsonb not null
);
