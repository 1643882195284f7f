-- The main line: five channels in, one record, routed, receipted, escalated.
-- Ids are UUIDv7 made by the service. Every instant is timestamptz. Personal data stands only in the bytea columns
-- named `sealed` (AES-256-GCM); `*_index` columns are HMACs for equality look-ups.

create table instance (
  id boolean primary key default true check (id),
  clock_mode text not null check (clock_mode in ('system', 'simulated')),
  simulated_now timestamptz,
  key_check text not null,
  check ((clock_mode = 'simulated') = (simulated_now is not null))
);

create table api_keys (
  id uuid primary key,
  name text not null unique,
  hash bytea not null unique,
  scopes text[] not null,
  per_minute integer not null check (per_minute > 0),
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null
);

create table agenda (
  id bigint generated always as identity primary key,
  kind text not null,
  subject_id uuid not null,
  business_key text not null unique,
  payload_version smallint not null default 1,
  run_at timestamptz not null,
  due_at timestamptz not null,
  state text not null default 'open' check (state in ('open', 'leased', 'done', 'failed')),
  attempts smallint not null default 0,
  lease_token uuid,
  lease_until timestamptz,
  last_error text,
  settled_at timestamptz
);
create index agenda_by_promise on agenda (kind, due_at, run_at) where state = 'open';
create index agenda_by_run_at on agenda (kind, run_at) where state = 'open';
create index agenda_leased on agenda (lease_until) where state = 'leased';
create index agenda_failed on agenda (kind, id) where state = 'failed';
create index agenda_settled on agenda (settled_at) where state = 'done';

create table policies (
  code text not null,
  version integer not null,
  document jsonb not null,
  primary key (code, version)
);

create table calendars (
  version integer primary key,
  source text not null,
  days jsonb not null
);

create table departments (
  code text primary key,
  name text not null,
  feed_head bigint not null default 0
);

create table sources (
  code text primary key,
  channel text not null check (channel in ('phone', 'wechat', 'weibo', 'mailbox', 'portal')),
  name text not null
);

create table catalogue_rules (
  id uuid primary key,
  position integer not null unique,
  sources text[] not null default '{}',
  natures text[] not null default '{}',
  words text[] not null default '{}',
  regions text[] not null default '{}',
  department text not null references departments
);

create sequence appeal_number_sequence minvalue 1 maxvalue 9999999 cycle;

create table appeals (
  id uuid primary key,
  number text not null unique,
  status text not null,
  source text not null,
  channel text not null,
  title text not null,
  body text not null,
  address text,
  region text,
  nature text,
  urgency text not null,
  late_by_adapter boolean not null,
  historic boolean not null,
  policy text not null,
  policy_version integer not null,
  calendar_version integer not null,
  received_at timestamptz not null,
  recorded_at timestamptz not null,
  updated_at timestamptz not null,
  department text references departments,
  assignment_id uuid,
  linked_to uuid references appeals,
  outcome text,
  version integer not null
);
create index appeals_by_status on appeals (status, id);
create index appeals_linked on appeals (linked_to) where linked_to is not null;
create index appeals_by_department on appeals (department, id) where department is not null;

create table appellants (
  id uuid primary key,
  appeal_id uuid not null references appeals,
  phone_index bytea,
  account_index bytea,
  phone_verified boolean not null,
  account_verified boolean not null,
  anonymous boolean not null,
  confidential boolean not null,
  language text not null,
  sealed bytea not null
);
create index appellants_by_appeal on appellants (appeal_id);
create index appellants_by_phone on appellants (phone_index) where phone_index is not null;
create index appellants_by_account on appellants (account_index) where account_index is not null;

create table messages (
  id uuid primary key,
  appeal_id uuid not null references appeals,
  appellant_id uuid not null references appellants,
  source text not null,
  external_id text not null,
  channel text not null,
  disposition text not null check (disposition in ('registered', 'attached')),
  received_at timestamptz not null,
  recorded_at timestamptz not null,
  no_receipt_reason text,
  key_id text not null,
  fingerprint bytea not null,
  idempotency_owner text,
  idempotency_key text,
  sealed bytea not null,
  unique (source, external_id)
);
create index messages_by_appeal on messages (appeal_id, id);
create unique index messages_by_idempotency_key on messages (idempotency_owner, idempotency_key) where idempotency_key is not null;

create table appeal_events (
  appeal_id uuid not null references appeals,
  seq integer not null,
  type text not null,
  actor text not null,
  at timestamptz not null,
  data jsonb not null,
  primary key (appeal_id, seq)
);

create table deadlines (
  id uuid primary key,
  appeal_id uuid not null references appeals,
  message_id uuid,
  assignment_id uuid,
  name text not null,
  starts_at timestamptz not null,
  due_at timestamptz not null,
  met_at timestamptz,
  state text not null check (state in ('running', 'met', 'missed', 'cancelled')),
  provisional boolean not null,
  late_by_adapter boolean not null,
  policy text not null,
  policy_version integer not null,
  calendar_version integer not null
);
create index deadlines_by_appeal on deadlines (appeal_id);
create index deadlines_by_message on deadlines (message_id) where message_id is not null;

create table assignments (
  id uuid primary key,
  appeal_id uuid not null references appeals,
  department text not null references departments,
  role text not null check (role in ('lead')),
  status text not null,
  reason jsonb not null,
  assigned_at timestamptz not null,
  assigned_by text not null,
  signed_at timestamptz,
  returned_at timestamptz,
  return_reason text,
  submitted_at timestamptz,
  result text,
  due_at timestamptz,
  final boolean not null,
  version integer not null
);
create unique index assignments_one_lead on assignments (appeal_id) where status in ('pending', 'signed', 'submitted');
create index assignments_by_department on assignments (department, id);
create index assignments_by_status on assignments (department, status, id);
create index assignments_by_due on assignments (department, due_at, id) where due_at is not null;
create index assignments_by_appeal on assignments (appeal_id);

create table department_feed (
  department text not null references departments,
  seq bigint not null,
  kind text not null check (kind in ('assigned', 'changed', 'removed')),
  assignment_id uuid not null,
  appeal_id uuid not null,
  at timestamptz not null,
  primary key (department, seq)
);

create table receipts (
  id uuid primary key,
  business_key text not null unique,
  kind text not null check (kind in ('receipt', 'notice')),
  appeal_id uuid not null references appeals,
  message_id uuid not null references messages,
  appellant_id uuid not null references appellants,
  status text not null,
  due_at timestamptz not null,
  subject text,
  text text,
  frozen_at timestamptz,
  attempt_started_at timestamptz,
  sent_at timestamptz,
  delivered_at timestamptz,
  gateway text,
  failure text
);
create index receipts_by_appeal on receipts (appeal_id);
create index receipts_by_message on receipts (message_id);
create index receipts_waiting on receipts (due_at, id) where status not in ('delivered', 'cancelled');

create table escalations (
  id uuid primary key,
  deadline_id uuid not null references deadlines,
  appeal_id uuid not null references appeals,
  deadline text not null,
  due_at timestamptz not null,
  step smallint not null,
  role text not null,
  department text,
  at timestamptz not null,
  unique (deadline_id, due_at, step)
);
create index escalations_by_appeal on escalations (appeal_id);
create index escalations_by_role on escalations (role, id);

-- The sink gateway keeps what it was asked to send. One row per accepted send: a doubled send would show as two rows.
create table sink_outbox (
  id bigint generated always as identity primary key,
  receipt_id uuid not null,
  sealed bytea not null,
  sent_at timestamptz not null
);
create index sink_outbox_by_receipt on sink_outbox (receipt_id);
