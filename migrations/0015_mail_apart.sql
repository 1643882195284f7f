-- The sender's own words of a text that we wrote into a file with its numbers masked: kept sealed, shown to nobody.
alter table attachments drop constraint attachments_kind_check,
  add constraint attachments_kind_check check (kind in ('file', 'image', 'voice', 'video', 'recording', 'original'));

-- Mails that are being taken out of a mailbox: written before they are fetched, so that it survives whatever ends the reading.
create table mailbox_tries (
  source text not null references sources,
  uid_validity bigint not null,
  uid bigint not null,
  -- Attempts in a row of this mail, and those of them that ended in an error: the others ended with the process.
  tries integer not null,
  failures integer not null,
  primary key (source, uid_validity, uid)
);
create index mails_set_aside on mails (source, recorded_at) where reason in ('set-aside', 'failed');
