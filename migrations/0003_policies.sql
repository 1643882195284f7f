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
