-- Look-ups that cost the same however many rows there are.

-- A look-up touches its own class of nature only: the keys of the others are mixed with a number of the class. Requests to
-- put something right keep theirs.
update matter_sketches s set keys = array(select key # c.salt from unnest(s.keys) key)
from (values ('inquiry', -1640531535), ('report', 2027808452), ('suggestion', 387276917), ('commendation', -1253254618))
  c(nature_class, salt)
where s.nature_class = c.nature_class;

-- Every look-up reads the whole list of entries that wait for a place in the index, once for each bigram it looks for.
alter index matter_sketches_keys set (fastupdate = off);
select gin_clean_pending_list('matter_sketches_keys');
-- What stands in the arrays tells the planner nothing and costs every ANALYZE seconds.
alter table matter_sketches alter column keys set statistics 0;

-- Most places have a few appeals and some have twenty thousand. Told that all have many, the planner reads the newest in
-- the order of the index; told the mean, it reads and sorts them all.
alter table matter_sketches
  alter column place set (n_distinct = 100),
  alter column area set (n_distinct = 100);

-- Some numbers and accounts have thousands of appeals: the newest are read in the order of the index.
drop index appellants_by_phone;
drop index appellants_by_account;
create index appellants_by_phone on appellants (phone_index, phone_verified, id) where phone_index is not null;
create index appellants_by_account on appellants (account_index, account_verified, id) where account_index is not null;
-- As with the places: the planner is told that every number has some hundred.
alter table appellants
  alter column phone_index set (n_distinct = -0.002),
  alter column account_index set (n_distinct = -0.002);
