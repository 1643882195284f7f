import { statusTexts } from '../../appeals/citizen.ts';
import type { PublishedAppeal } from '../../appeals/published.service.ts';
import type { AppealStatus } from '../../appeals/states.ts';
import { appealStatuses } from '../../appeals/states.ts';
import type { Zone } from '../../deadlines/zone.ts';
import type { KeyRing } from '../../platform/access/key-ring.ts';
import { maskText } from '../../platform/access/masking.ts';
import type { Service } from './service.schema.ts';

/** What an Open311 client said, kept in the form's block of its message. */
export interface Open311Block {
  serviceCode: string;
  description?: string;
  latitude?: number;
  longitude?: number;
  addressId?: string;
}

/** Open311 knows two: all that still waits for somebody is open. */
export const closedStatuses: readonly AppealStatus[] = ['answered', 'declined', 'diverted', 'linked', 'archived'];
export const openToEverybody: readonly AppealStatus[] = appealStatuses.filter(
  (status) => !closedStatuses.includes(status),
);

/** A request as everybody sees it: the citizen's words with numbers masked, and nothing else of the person. */
export function viewRequest(
  { zone, keyRing }: { zone: Zone; keyRing: KeyRing },
  appeal: PublishedAppeal,
  service: Service | undefined,
  { departmentName, dueAt }: { departmentName: string | undefined; dueAt: Date | undefined },
) {
  const message = keyRing.open<{ sender?: { name?: string }; form?: { open311?: Open311Block } }>(
    `message:${appeal.message.id}`,
    appeal.message.sealed,
  );
  const asked = message.form?.open311;
  const masked = (text: string | undefined): string | null =>
    text === undefined ? null : maskText(text, message.sender?.name);
  return {
    service_request_id: appeal.number,
    status: closedStatuses.includes(appeal.status) ? 'closed' : 'open',
    status_notes: statusTexts[appeal.status],
    service_name: service?.name ?? appeal.category,
    service_code: appeal.category,
    // Attributes are answers to the office's questions, not to everybody's.
    description: asked ? masked(asked.description) : appeal.body,
    agency_responsible: departmentName ?? null,
    service_notice: null,
    requested_datetime: zone.formatInstant(appeal.receivedAt),
    updated_datetime: zone.formatInstant(appeal.updatedAt),
    expected_datetime: dueAt ? zone.formatInstant(dueAt) : null,
    address: appeal.address,
    address_id: masked(asked?.addressId),
    zipcode: null,
    lat: asked?.latitude ?? null,
    long: asked?.longitude ?? null,
    // A picture cannot be masked.
    media_url: null,
  };
}
