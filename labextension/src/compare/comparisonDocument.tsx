import { MainAreaWidget } from '@jupyterlab/apputils';
import { type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';
import { compareIcon } from '../icons';
import { type SubmarineModel } from '../model';
import { Problem } from '../problem';
import { Comparison } from './Comparison';
import { type IResult, readResult } from './results';

interface IComparisonOptions {
  model: SubmarineModel;
  trans: TranslationBundle;
  ids: readonly string[];
  upstream: string | null;
  onOpen: (id: string) => void;
}

/** Several experiments side by side, in a place of their own. */
export class ComparisonDocument extends ReactWidget {
  constructor(private readonly _options: IComparisonOptions) {
    super();
    this.addClass('jp-SubmarineDocument');
    this.node.tabIndex = -1;
    void this._load();
    // What still ran has more to compare when it has ended.
    _options.model.ended.connect(this._onEnded, this);
  }

  get ids(): readonly string[] {
    return this._options.ids;
  }

  get upstream(): string | null {
    return this._options.upstream;
  }

  override dispose(): void {
    this._options.model.ended.disconnect(this._onEnded, this);
    super.dispose();
  }

  protected override onActivateRequest(): void {
    this.node.focus({ preventScroll: true });
  }

  protected override render(): JSX.Element {
    const { trans, onOpen } = this._options;
    if (this._problem !== null) {
      return <Problem text={this._problem} trans={trans} onRetry={() => void this._load()} />;
    }
    return this._results === null ? (
      <p className="jp-SubmarineNew-problem">{trans.__('Loading…')}</p>
    ) : (
      <Comparison results={this._results} trans={trans} onOpen={onOpen} />
    );
  }

  private _onEnded(_: SubmarineModel, { experimentId }: { experimentId: string }): void {
    if (this.ids.includes(experimentId)) {
      void this._load();
    }
  }

  private async _load(): Promise<void> {
    const { model, ids, upstream } = this._options;
    this._problem = null;
    this.update();
    try {
      this._results = await Promise.all(ids.map(id => readResult(model.api, upstream, id)));
    } catch (error) {
      this._problem = error instanceof Error ? error.message : String(error);
    }
    this.update();
  }

  private _results: readonly IResult[] | null = null;
  private _problem: string | null = null;
}

/** The comparison with its tab, for the main area. */
export function createComparison(options: IComparisonOptions): MainAreaWidget<ComparisonDocument> {
  const { trans, ids } = options;
  const content = new ComparisonDocument(options);
  content.title.label = trans._n('Compare %1 experiment', 'Compare %1 experiments', ids.length);
  content.title.caption = ids.join('\n');
  content.title.icon = compareIcon;
  content.title.closable = true;
  const widget = new MainAreaWidget({ content });
  widget.toolbar.hide();
  return widget;
}
