// Bundles the experiment view for anywidget: one ES module, styles included.
import { build, context } from 'esbuild';

const dev = process.argv.includes('--dev');

/** @type {import('esbuild').BuildOptions} */
const options = {
  entryPoints: ['src/view/anywidget.ts'],
  outfile: '../submarine_jupyter/widgets/static/view.js',
  bundle: true,
  define: {
    'process.env.NODE_ENV': dev ? '"development"' : '"production"'
  },
  format: 'esm',
  legalComments: 'eof',
  loader: { '.css': 'text' },
  minify: !dev,
  sourcemap: dev ? 'inline' : false,
  target: 'es2020'
};

if (process.argv.includes('--watch')) {
  await (await context(options)).watch();
} else {
  await build(options);
}
