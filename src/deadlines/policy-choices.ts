import { type Static, Type } from 'typebox';
import { natures } from '../appeals/nature.ts';

const Codes = (description: string) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { maxItems: 200, description });

/** One choice of a policy for new appeals. It fits when every condition it names does; the first that fits decides. */
export const PolicyChoiceSchema = Type.Object(
  {
    policy: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', description: 'Code of the policy (规则)' }),
    sources: Type.Optional(Codes('Any of these sources (来源)')),
    natures: Type.Optional(Type.Array(Type.Enum([...natures]), { description: 'Any of these natures (诉求性质)' })),
    categories: Type.Optional(Codes('Any of these categories (类别)')),
  },
  { additionalProperties: false },
);
export type PolicyChoice = Static<typeof PolicyChoiceSchema>;

/** What of a new appeal a choice may go by. */
export interface Choosable {
  source: string;
  nature: string | null;
  category: string | null;
}

/** The policy of the first choice that fits; undefined: none does, and the setting POLICY says. */
export function choosePolicy(choices: readonly PolicyChoice[], appeal: Choosable): string | undefined {
  const asks = (wanted: readonly string[] | undefined, value: string | null): boolean =>
    wanted === undefined || (value !== null && wanted.includes(value));
  return choices.find(
    ({ sources, natures, categories }) =>
      asks(sources, appeal.source) && asks(natures, appeal.nature) && asks(categories, appeal.category),
  )?.policy;
}
