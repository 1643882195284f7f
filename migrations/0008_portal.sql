-- Proofs of work that were spent at the public form: once each, in all processes, for one form. Kept until they expire.
create table portal_proofs (
  digest bytea primary key,
  form uuid not null,
  expires_at timestamptz not null
);
create index portal_proofs_by_expiry on portal_proofs (expires_at);
