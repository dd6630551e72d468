import uplot from 'uplot/dist/uPlot.min.css';
import files from '../../style/files.css';
import head from '../../style/head.css';
import log from '../../style/log.css';
import metrics from '../../style/metrics.css';
import notices from '../../style/notices.css';
import spec from '../../style/spec.css';
import tabs from '../../style/tabs.css';
import timeline from '../../style/timeline.css';
import view from '../../style/view.css';

/** The view's styles as one text, for a host that has no style sheets of ours. */
export const css = [uplot, view, head, notices, tabs, log, metrics, files, spec, timeline].join(
  '\n'
);
