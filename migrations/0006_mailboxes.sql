-- Every mail that was looked at, so that it is recognised wherever it is met again: under a new UIDVALIDITY, by the webhook
-- and by IMAP. Only `message` became a message; automatic mail (bounces, auto-replies) is counted here and nowhere else.
create table mails (
  source text not null references sources,
  -- The message's external id: a digest of what identifies the mail.
  external_id text not null,
  kind text not null check (kind in ('message', 'automatic', 'refused')),
  reason text,
  message_id uuid references messages,
  -- Blind index of the Message-ID, by which replies find their appeal.
  reference bytea,
  recorded_at timestamptz not null,
  primary key (source, external_id),
  check ((kind = 'message') = (message_id is not null)),
  check ((kind = 'message') = (reason is null))
);
create index mails_by_reference on mails (reference) where message_id is not null;

-- How far each mailbox was read. UIDs only mean something together with the mailbox's UIDVALIDITY (RFC 3501 2.3.1.1).
create table mailbox_positions (
  source text primary key references sources,
  -- Digest of server, account and folder: another mailbox under the same source begins anew.
  place bytea not null,
  uid_validity bigint not null,
  last_uid bigint not null,
  -- Mail the server received earlier was there before the source was connected; null: that counts too.
  taken_from timestamptz,
  -- UIDs below this one are older than the mailbox's last new UIDVALIDITY: only they may lie there from before.
  old_below bigint not null
);
