import { Type } from 'typebox';

const Argument = (description: string) => Type.Optional(Type.String({ description }));

/** Arguments of `POST requests`, for the document; `submission.ts` reads them. */
export const ServiceArgument = Type.Object({
  api_key: Argument('A key with scope `open311` or `intake:portal`'),
  service_code: Type.String(),
  lat: Argument('With `long`, or one of the addresses'),
  long: Argument('WGS 84'),
  address_string: Argument('Place of the matter (地点)'),
  address_id: Argument('Id of the place in the master address file'),
  description: Argument('At most 4000 characters (内容)'),
  first_name: Argument('Kept secret, as all that follows'),
  last_name: Argument('姓'),
  phone: Argument('Receipts go there when it is a mobile number'),
  email: Argument('An address (邮箱); shown by `reveal` alone'),
  account_id: Argument("The citizen's account at the client"),
  device_id: Argument('Kept with the message, shown to nobody (设备)'),
  media_url: Argument('Address of a picture; fetched as an attachment, never published'),
  publish: Argument('Ours: `false` keeps the request out of the public answers (不公开); default `true`'),
});
