import { copyByBrowser } from './copying';

describe('copyByBrowser', () => {
  // Browsers give a clipboard only to pages that came by https; jsdom has none.
  it('fails where the page has no clipboard', async () => {
    expect('clipboard' in navigator).toBe(false);
    await expect(copyByBrowser('text')).rejects.toThrow();
  });
});
