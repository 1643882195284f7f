-- What became of the acknowledgements (受理回复) of mails: one a message, begun before the mail server is called and never
-- sent twice. A message that needs none has no row.
create table mail_replies (
  message_id uuid primary key references messages,
  source text not null references sources,
  -- Blind index of the address it goes to, so that nobody is sent more than a few.
  account_index bytea not null,
  state text not null check (state in
    ('sending', 'sent', 'temporary-failure', 'permanent-failure', 'technical-failure', 'unknown', 'limited', 'unwanted')),
  attempts integer not null,
  -- Code of the last failure: nothing the mail server said.
  failure text,
  attempt_started_at timestamptz not null,
  sent_at timestamptz,
  check ((state = 'sent') = (sent_at is not null))
);
create index mail_replies_by_account on mail_replies (account_index, attempt_started_at);
create index mail_replies_sent on mail_replies (source, sent_at) where state = 'sent';
create index mail_replies_failing on mail_replies (source) where state in ('temporary-failure', 'technical-failure');
