-- Lists are read in order of id. A value that nearly all rows have is met at once that way; one that few have was looked
-- for in the whole table. What is null, or what nearly every row has, stays out where it can be told.
create index appeals_by_source on appeals (source, id);
create index appeals_by_nature on appeals (nature, id) where nature is not null;
create index appeals_by_category on appeals (category, id) where category is not null;
create index appeals_by_urgency on appeals (urgency, id) where urgency <> 'normal';
create index escalations_by_department on escalations (department, id) where department is not null;
create index escalations_by_deadline on escalations (deadline, id);

-- An item is written anew with each change of its state, and every appeal has several of these four kinds: they are dense,
-- and only the rare ones need an index of their own.
create index agenda_rare on agenda (kind, id) where kind not in ('route', 'receipt', 'escalate', 'match');
