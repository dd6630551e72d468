import React, { useCallback, useEffect, useState } from 'react';
import { formatBytes, formatDateTime } from './format';
import { asImage, mayBeImage } from './image';
import { type IOutputFile } from './records';
import { type IExperimentSource } from './source';
import { useTranslate } from './texts';

/** Files that are listed without being asked for. */
const FIRST_FILES = 200;

interface IFilesProps {
  source: IExperimentSource;
  /** Changes when the files may have: the list is read again. */
  version: string;
}

/** The files that a run wrote: downloads, and pictures on demand. */
export function Files({ source, version }: IFilesProps): JSX.Element {
  const trans = useTranslate();
  const { files, problem, refresh } = useFiles(source, version);
  const [all, setAll] = useState(false);
  const shown = all ? files : files?.slice(0, FIRST_FILES);
  return (
    <div className="submarine-Files" data-lm-suppress-shortcuts="true">
      {problem && <p role="alert">{problem}</p>}
      {files?.length === 0 && (
        <p className="submarine-View-empty">
          {trans.__('No file yet: what the run writes to $SUBMARINE_OUTPUT_DIR comes here.')}
        </p>
      )}
      {shown && shown.length > 0 && (
        <ul aria-label={trans.__('Files')}>
          {shown.map(file => (
            <File key={file.path} file={file} source={source} />
          ))}
        </ul>
      )}
      <div className="submarine-Files-actions">
        {files && shown && shown.length < files.length && (
          <button type="button" className="submarine-Button" onClick={() => setAll(true)}>
            {trans._n('Show %1 more', 'Show %1 more', files.length - shown.length)}
          </button>
        )}
        <button type="button" className="submarine-Button" onClick={refresh}>
          {trans.__('Refresh')}
        </button>
      </div>
    </div>
  );
}

interface IFiles {
  /** Null until there was an answer. */
  files: readonly IOutputFile[] | null;
  problem: string | null;
  refresh: () => void;
}

function useFiles(source: IExperimentSource, version: string): IFiles {
  const [files, setFiles] = useState<readonly IOutputFile[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let isOver = false;
    source.files?.().then(
      answer => {
        if (!isOver) {
          setFiles(answer);
          setProblem(null);
        }
      },
      error => {
        if (!isOver) {
          setProblem(messageOf(error));
        }
      }
    );
    return () => {
      isOver = true;
    };
  }, [source, version, asked]);
  return { files, problem, refresh: useCallback(() => setAsked(n => n + 1), []) };
}

function File(props: { file: IOutputFile; source: IExperimentSource }): JSX.Element {
  const trans = useTranslate();
  const { file, source } = props;
  const [isOpen, setOpen] = useState(false);
  const cut = file.path.lastIndexOf('/') + 1;
  const time = Date.parse(file.modified);
  const canShow = source.readFile !== undefined && mayBeImage(file);
  return (
    <li>
      <span className="submarine-Files-name">
        <bdi>
          <span className="submarine-quiet">{file.path.slice(0, cut)}</span>
          {file.path.slice(cut)}
        </bdi>
      </span>
      <span className="submarine-Files-size">{formatBytes(file.size, trans)}</span>
      <time className="submarine-Files-time" dateTime={file.modified}>
        {Number.isNaN(time) ? '' : formatDateTime(time)}
      </time>
      <span className="submarine-Files-buttons">
        {canShow && (
          <button
            type="button"
            className="submarine-Button"
            aria-expanded={isOpen}
            aria-label={isOpen ? trans.__('Hide %1', file.path) : trans.__('Show %1', file.path)}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? trans.__('Hide') : trans.__('Show')}
          </button>
        )}
        {source.downloadFile && (
          <button
            type="button"
            className="submarine-Button"
            aria-label={trans.__('Download %1', file.path)}
            onClick={() => source.downloadFile?.(file.path)}
          >
            {trans.__('Download')}
          </button>
        )}
      </span>
      {isOpen && <Picture file={file} source={source} />}
    </li>
  );
}

/** An image, from the bytes that this page has read. */
function Picture(props: { file: IOutputFile; source: IExperimentSource }): JSX.Element {
  const trans = useTranslate();
  const { file, source } = props;
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const noPicture = trans.__('This file is no picture that can be shown.');
  useEffect(() => {
    let made: string | null = null;
    let isOver = false;
    const show = async (): Promise<void> => {
      const bytes = await source.readFile?.(file.path);
      const image = bytes ? await asImage(bytes) : null;
      if (isOver) {
        return;
      }
      made = image && URL.createObjectURL(image);
      setUrl(made);
      setProblem(image ? null : noPicture);
    };
    show().catch(error => !isOver && setProblem(messageOf(error)));
    return () => {
      isOver = true;
      if (made) {
        URL.revokeObjectURL(made);
      }
    };
  }, [source, file.path, file.modified, noPicture]);
  return (
    <div className="submarine-Files-picture">
      {problem && <p role="alert">{problem}</p>}
      {url && <img src={url} alt={file.path} onError={() => setProblem(noPicture)} />}
    </div>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
