-- One record per matter: what is suggested to the dispatcher, who speaks for many, and what was raised before.

-- The ended appeal on the same matter that the same person raised before (重复诉求).
alter table appeals add column repeat_of uuid references appeals;
create index appeals_repeats on appeals (repeat_of) where repeat_of is not null;

-- What open, recent appeals are found by: the rarest character bigrams of their text, and their place. Rows of ended and
-- of old appeals are dropped, so that the index grows with the work at hand and not with the years.
create table matter_sketches (
  appeal_id uuid primary key references appeals,
  nature_class text not null,
  place text,
  area text,
  region text,
  keys integer[] not null,
  sketched_at timestamptz not null
);
create index matter_sketches_keys on matter_sketches using gin (keys);
create index matter_sketches_place on matter_sketches (place, sketched_at) where place is not null;
create index matter_sketches_area on matter_sketches (area, sketched_at) where area is not null;
create index matter_sketches_age on matter_sketches (sketched_at);

-- In how many appeals' texts each bigram stands; bigram 0 counts the texts.
create table bigram_frequencies (
  bigram integer primary key,
  texts integer not null
);

create table suggestions (
  id uuid primary key,
  appeal_id uuid not null references appeals,
  target_id uuid not null references appeals,
  score real not null,
  reasons jsonb not null,
  status text not null check (status in ('open', 'accepted', 'dismissed')),
  created_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  unique (appeal_id, target_id),
  check ((status = 'open') = (decided_at is null and decided_by is null))
);
create index suggestions_by_target on suggestions (target_id, id);
create index suggestions_open on suggestions (id) where status = 'open';

-- Representatives (代表) of a group appeal, at most five (信访工作条例 art. 20), chosen from its appellants.
create table representatives (
  appeal_id uuid not null references appeals,
  position smallint not null check (position between 1 and 5),
  appellant_id uuid not null references appellants,
  named_at timestamptz not null,
  named_by text not null,
  primary key (appeal_id, position),
  unique (appeal_id, appellant_id)
);
