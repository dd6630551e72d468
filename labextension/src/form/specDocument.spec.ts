import { SpecDocument } from './specDocument';

describe('a document without secrets', () => {
  const hidden = (text: string): string | undefined =>
    SpecDocument.parse(text).withoutSecrets()?.text;

  it('keeps their names and everything else', () => {
    const text =
      '# mine\nmeta:\n  envVars:\n    API_KEY: hunter2\n    LR: "0.1"\nspec:\n' +
      '  Worker: { envVars: { PASSWORD: 12345, NAME: x } }\n';
    expect(hidden(text)).toBe(
      '# mine\nmeta:\n  envVars:\n    API_KEY: ""\n    LR: "0.1"\nspec:\n' +
        '  Worker: {envVars: {PASSWORD: "", NAME: x}}\n'
    );
  });

  it('hides texts of many lines', () => {
    expect(hidden('meta: {}\nTOKEN: |\n  hunter2\n  hunter3\n')).not.toContain('hunter');
  });

  it('is the same where there is none', () => {
    const text = 'meta:   {name: a}\nspec:    {}\n';
    expect(hidden(text)).toBe(text);
  });

  it.each(['meta: {name', 'just text'])('is none as long as %s cannot be read', text => {
    expect(hidden(text)).toBeUndefined();
  });
});
