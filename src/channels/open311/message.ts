import type { MessageBody } from '../../intake/message.schema.ts';
import type { Service } from './service.schema.ts';
import type { Submission } from './submission.ts';

/** A request as a message of the portal channel: what the client said is all in its text, and apart in its block. */
export function toMessage(source: string, externalId: string, service: Service, asked: Submission): MessageBody {
  const { description, attributes, latitude, longitude, addressString, addressId, mediaUrl } = asked;
  const lines = [
    description ?? service.name,
    ...attributes.map(({ name, values }) => `${name}：${values.join('、')}`),
    ...(addressString === undefined && latitude !== undefined && longitude !== undefined
      ? [`坐标：${latitude}, ${longitude}`]
      : []),
    ...(addressString === undefined && addressId !== undefined ? [`地址编号：${addressId}`] : []),
    ...(mediaUrl === undefined ? [] : [`图片：${mediaUrl}`]),
  ];
  return stated({
    source,
    externalId,
    title: service.name,
    body: lines.join('\n'),
    category: service.code,
    nature: service.nature,
    address: addressString,
    sender: stated({ name: asked.name, phone: asked.phone }),
    form: stated({
      account: asked.accountId,
      publish: asked.publish,
      open311: stated({
        serviceCode: service.code,
        description,
        latitude,
        longitude,
        addressId,
        email: asked.email,
        deviceId: asked.deviceId,
        attributes: attributes.length > 0 ? attributes : undefined,
      }),
    }),
  }) as MessageBody;
}

const stated = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
