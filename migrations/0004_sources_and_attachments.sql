-- What a source needs to speak its platform's protocol, sealed as a whole: most of it is secret.
alter table sources add column settings bytea;

-- Files that came with messages (附件): pictures, voices, recordings, papers. The content lies in the storage, sealed; what
-- was not sent along is fetched by the agenda while its platform still has it.
create table attachments (
  id uuid primary key,
  appeal_id uuid not null references appeals,
  message_id uuid not null references messages,
  kind text not null check (kind in ('file', 'image', 'voice', 'video', 'recording')),
  state text not null check (state in ('pending', 'stored', 'failed')),
  media_type text,
  size bigint,
  sha256 bytea,
  -- Name as given, and while pending where to fetch it from.
  sealed bytea not null,
  expires_at timestamptz,
  stored_at timestamptz,
  failure text,
  check ((state = 'stored') = (sha256 is not null and size is not null and media_type is not null and stored_at is not null))
);
create index attachments_by_message on attachments (message_id);
create index attachments_by_appeal on attachments (appeal_id, id);
