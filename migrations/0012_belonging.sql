-- What joined an appeal only because another one was linked to it goes back with that one.

-- The linked appeal that the message of this person was meant for; null: they wrote to this appeal itself.
alter table appellants add column through uuid references appeals;
create index appellants_through on appellants (through) where through is not null;

-- Appeals a message was in before: who was given the number of one finds the message by it all the same.
create table message_moves (
  from_appeal uuid not null references appeals,
  message_id uuid not null references messages,
  primary key (from_appeal, message_id)
);

-- The number that the source gave to the first message (外部编号), kept with the record as ours is kept by the source.
alter table appeals add column external_id text;
update appeals a set external_id = m.external_id from messages m
where m.appeal_id = a.id and m.disposition = 'registered';
alter table appeals alter column external_id set not null;
