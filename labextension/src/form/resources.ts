/** What a replica asks for, as a spec writes it. */
export interface IResources {
  cpu: string;
  memory: string;
  gpu: string;
}

const KEYS: { [name in keyof IResources]: string } = {
  cpu: 'cpu',
  memory: 'memory',
  gpu: 'nvidia.com/gpu'
};

/** Take `cpu=1,memory=1G,nvidia.com/gpu=1` apart. */
export function parseResources(text: string): IResources {
  const amounts = pairs(text);
  return {
    cpu: amounts.get(KEYS.cpu) ?? '',
    memory: amounts.get(KEYS.memory) ?? '',
    gpu: amounts.get(KEYS.gpu) ?? ''
  };
}

/** The same text with another amount; what else it asks for stays. */
export function withResource(text: string, name: keyof IResources, amount: string): string {
  const amounts = pairs(text);
  if (amount.trim()) {
    amounts.set(KEYS[name], amount.trim());
  } else {
    amounts.delete(KEYS[name]);
  }
  return [...amounts].map(([key, value]) => `${key}=${value}`).join(',');
}

function pairs(text: string): Map<string, string> {
  return new Map(
    text
      .split(',')
      .map(part => part.trim())
      .filter(Boolean)
      .map(part => {
        const [key, ...value] = part.split('=');
        return [key.trim(), value.join('=').trim()];
      })
  );
}
