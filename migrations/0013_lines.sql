-- Mailboxes that cannot be read, as the process that reads them found, for every process's /readyz to tell. A mailbox that
-- was read again has no row.
create table mailbox_failures (
  source text primary key references sources,
  -- In a row.
  failures integer not null check (failures > 0),
  -- Code or name of the last error.
  failure text not null
);

-- Calls that are under way ask from now on whether anything was heard of them; those that are known ask once.
insert into agenda (kind, subject_id, business_key, run_at, due_at)
select 'silent-call', id, 'silent-call:' || id, updated_at + interval '2 hours', updated_at + interval '2 hours'
from calls where status = 'under-way';
