-- How far the posts and comments that mention an account (@) have been read, one row a source and list. Machine time:
-- it is the platform's rate limit that is kept.
create table weibo_mentions (
  source text not null references sources,
  list text not null check (list in ('statuses', 'comments')),
  -- Null: could not be read yet.
  since_id bigint,
  next_read_at timestamptz not null,
  failures integer not null default 0,
  failure text,
  primary key (source, list)
);
