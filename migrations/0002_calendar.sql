-- The calendar is the city's to change: who changed it, when and how is kept with each version, and every deadline that
-- moved has a record.

alter table calendars
  add column id uuid not null default gen_random_uuid() unique,
  add column actor text not null default 'system:seed',
  -- Business time of the import; null: shipped with the service.
  add column at timestamptz,
  -- What was imported, as it was given.
  add column input jsonb;
alter table calendars alter column actor drop default;

update calendars c set days = (
  select coalesce(jsonb_agg(jsonb_build_object('date', d ->> 'date', 'name', d ->> 'name',
    'kind', case when (d ->> 'workday')::boolean then 'workday' else 'day-off' end,
    'scope', 'national', 'source', c.source) order by d ->> 'date'), '[]')
  from jsonb_array_elements(c.days) d);

create table deadline_changes (
  id uuid primary key,
  deadline_id uuid not null references deadlines,
  appeal_id uuid not null references appeals,
  name text not null,
  cause text not null check (cause in ('calendar', 'policy', 'reclassify', 'suspension', 'extension')),
  from_due_at timestamptz not null,
  to_due_at timestamptz not null,
  from_provisional boolean not null,
  to_provisional boolean not null,
  from_policy text not null,
  to_policy text not null,
  from_policy_version integer not null,
  to_policy_version integer not null,
  from_calendar_version integer not null,
  to_calendar_version integer not null,
  actor text not null,
  at timestamptz not null
);
create index deadline_changes_by_appeal on deadline_changes (appeal_id, id);
create index deadline_changes_by_calendar on deadline_changes (to_calendar_version, id);

-- What a recompute has still to look at.
create index deadlines_by_calendar on deadlines (calendar_version, id) where state = 'running';
