import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import eslint from '@eslint/js';

const sources = ['src/**/*.ts', 'src/**/*.tsx'];

/** Apply a shared configuration to the TypeScript sources only. */
function forSources(configs) {
  return configs.map(config => ({ ...config, files: sources }));
}

export default [
  {
    ignores: ['lib', 'node_modules', 'coverage', '.yarn', '*.js', '*.mjs', 'style/index.js']
  },
  { plugins: { jupyter } },
  ...jupyter.configs.recommended,
  ...forSources([eslint.configs.recommended, ...tseslint.configs.recommended]),
  {
    files: sources,
    languageOptions: {
      parserOptions: { project: 'tsconfig.test.json', tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'interface', format: ['PascalCase'] }
      ],
      'jupyter/prefer-lazy-imports': [
        'warn',
        {
          // Small, and needed as soon as the plugins are active.
          ignoreImports: [
            '../api',
            '../model',
            '../outputView',
            '../panel',
            '../panelChoice',
            '../settings',
            '../statusItem',
            '../streams',
            '../targets'
          ]
        }
      ],
      curly: ['error', 'all'],
      eqeqeq: ['error', 'always']
    }
  },
  {
    // The view runs in two hosts, JupyterLab and anywidget, so it knows neither.
    files: ['src/view/**/*.ts', 'src/view/**/*.tsx'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@jupyterlab/*', '@lumino/*'],
              message: 'The experiment view also runs outside JupyterLab; inject what it needs.'
            }
          ]
        }
      ]
    }
  },
  prettier
];
