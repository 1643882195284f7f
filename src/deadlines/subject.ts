/** What a rule may ask of an appeal. */
export interface Subject {
  source: string;
  nature: string | null;
  category: string | null;
  urgency: 'normal' | 'urgent' | 'critical';
  complexity: 'simple' | 'complex' | 'petition' | null;
}
