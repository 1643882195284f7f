-- Each fetcher works off a kind of its own, so that a platform that keeps us waiting holds up nobody else's files.
update agenda g set kind = 'fetch-' || case
    when a.kind = 'recording' then 'phone'
    when m.channel = 'portal' then 'open311'
    else m.channel
  end
from attachments a
left join messages m on m.id = a.message_id
where g.kind = 'fetch' and a.id = g.subject_id;
